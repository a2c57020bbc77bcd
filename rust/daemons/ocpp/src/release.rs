//! Which version of the unit's software runs.

/// From the text of `/etc/os-release`: the image's version. Elsewhere than on an image of ours, this program's.
pub fn version(os_release: &str) -> String {
    let field = |name: &str| {
        let value = os_release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim().trim_matches(['"', '\''])).filter(|value| !value.is_empty())
    };
    let version = field("IMAGE_VERSION").or_else(|| field("VERSION_ID"));
    let version = version.filter(|_| field("ID") == Some("joulepoint"));
    version.unwrap_or(env!("CARGO_PKG_VERSION")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_ours_says_its_version() {
        assert_eq!(version("ID=joulepoint\nVERSION_ID=1\nIMAGE_VERSION=\"0.2.0+gabc\"\n"), "0.2.0+gabc");
        assert_eq!(version("ID=joulepoint\nVERSION_ID=0.3.0\n"), "0.3.0");
        for other in ["", "ID=debian\nVERSION_ID=13\n", "ID=joulepoint\nVERSION_ID=\n"] {
            assert_eq!(version(other), env!("CARGO_PKG_VERSION"));
        }
    }
}
