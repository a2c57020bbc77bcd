//! The file that a driver feeds to the transparency software of S.A.F.E.

/// A record and its public key in hexadecimal as that file. A record that holds a whole session stands by itself in it.
pub fn transparency(record: &str, public_key: Option<&str>) -> String {
    let record = escaped(record);
    let key = public_key
        .map_or(String::new(), |key| format!("    <publicKey encoding=\"hex\">{}</publicKey>\n", escaped(key)));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<values>\n  <value>\n    \
         <signedData format=\"OCMF\" encoding=\"plain\">{record}</signedData>\n{key}  </value>\n</values>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_stands_in_the_file_as_it_was_signed() {
        let file = transparency("OCMF|{\"ID\":\"a<b&c\"}|{}", Some("3059"));
        assert_eq!(
            file,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<values>\n  <value>\n    <signedData format=\"OCMF\" \
             encoding=\"plain\">OCMF|{\"ID\":\"a&lt;b&amp;c\"}|{}</signedData>\n    <publicKey \
             encoding=\"hex\">3059</publicKey>\n  </value>\n</values>\n"
        );
        assert!(!transparency("OCMF|{}|{}", None).contains("publicKey"));
    }
}
