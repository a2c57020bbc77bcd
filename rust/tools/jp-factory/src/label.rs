//! The label of a unit, as a picture to print: 62 by 29 millimetres.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

use crate::Failure;

/// What the code says: all of it in the small alphabet of a QR code, so that it stays coarse enough to scan.
pub fn code_text(serial: &str, fingerprint: &str) -> String {
    format!("JP:{serial}:{fingerprint}")
}

/// The unit's label: serial number and fingerprint, to read and to scan.
pub fn unit(serial: &str, fingerprint: &str, image: &str, made: &str) -> Result<String, Failure> {
    let bare: String = fingerprint.chars().filter(|c| *c != '-').collect();
    let day = made.get(..10).unwrap_or(made);
    let mut lines = vec![(serial.to_owned(), 4.2), (format!("{image}  {day}"), 2.2)];
    // Three lines of the fingerprint, in its groups of four.
    let groups: Vec<&str> = fingerprint.split('-').collect();
    lines.extend(groups.chunks(5).map(|row| (row.join(" "), 2.2)));
    picture(&code_text(serial, &bare), &lines)
}

/// The label of the recovery key, for an envelope: it opens the unit's data where the TPM does not.
pub fn recovery(serial: &str, key: &str) -> Result<String, Failure> {
    let groups: Vec<&str> = key.split('-').collect();
    let mut lines = vec![(serial.to_owned(), 4.2), ("Recovery key. Keep it locked away.".to_owned(), 2.2)];
    lines.extend(groups.chunks(3).map(|row| (row.join("-"), 2.2)));
    picture(key, &lines)
}

fn picture(code: &str, lines: &[(String, f64)]) -> Result<String, Failure> {
    let code = QrCode::with_error_correction_level(code, EcLevel::M)
        .map_err(|error| Failure::Unit(format!("the label's code: {error}")))?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        for (x, color) in row.iter().enumerate() {
            if *color == Color::Dark {
                let _ = write!(path, "M{x} {y}h1v1h-1z");
            }
        }
    }
    // 25 mm for the code, with four quiet modules around it.
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"62mm\" height=\"29mm\" viewBox=\"0 0 62 29\">\n\
         <rect width=\"62\" height=\"29\" fill=\"#fff\"/>\n\
         <svg x=\"1\" y=\"1\" width=\"27\" height=\"27\" viewBox=\"-4 -4 {0} {0}\" shape-rendering=\"crispEdges\">\
         <path d=\"{path}\"/></svg>\n",
        width.saturating_add(8)
    );
    let mut y = 3.0;
    for (line, size) in lines {
        y += size + 0.8;
        let _ = writeln!(
            svg,
            "<text x=\"29\" y=\"{y:.1}\" font-family=\"monospace\" font-size=\"{size}\">{}</text>",
            escaped(line)
        );
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINGERPRINT: &str = "FMHQ-SXFK-XHDG-690Z-GJXA-7YMF-61DT-AHS2-A7GF-MNTN-TA4F-FCP5-CC50";

    /// Draws the label's code from the picture and reads it as a scanner does.
    fn scanned(svg: &str) -> String {
        let inner = svg.split("viewBox=\"-4 -4 ").nth(1).unwrap();
        let size: usize = inner.split(' ').next().unwrap().parse().unwrap();
        let path = inner.split("d=\"").nth(1).unwrap().split('"').next().unwrap();
        let mut dark = vec![false; size * size];
        for at in path.split('M').skip(1) {
            let mut numbers = at.split(|c: char| !c.is_ascii_digit());
            let (x, y): (usize, usize) =
                (numbers.next().unwrap().parse().unwrap(), numbers.next().unwrap().parse().unwrap());
            dark[(y + 4) * size + x + 4] = true;
        }
        let scale = 6;
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(size * scale, size * scale, |x, y| {
            if dark[y / scale * size + x / scale] { 0 } else { 255 }
        });
        picture.detect_grids()[0].decode().unwrap().1
    }

    #[test]
    fn a_scanner_reads_the_label_as_a_person_does() {
        let svg = unit("JP-2026-000001", FINGERPRINT, "0.1.0+gabc", "2026-11-23T10:00:00Z").unwrap();
        assert_eq!(scanned(&svg), "JP:JP-2026-000001:FMHQSXFKXHDG690ZGJXA7YMF61DTAHS2A7GFMNTNTA4FFCP5CC50");
        assert!(
            svg.contains(">JP-2026-000001<")
                && svg.contains(">FMHQ SXFK XHDG 690Z GJXA<")
                && svg.contains(">TA4F FCP5 CC50<")
        );
        assert!(svg.contains("0.1.0+gabc  2026-11-23<"));
    }

    #[test]
    fn the_recovery_key_is_on_its_own_label_alone() {
        let key = "cbfnhdjt-ikbvcdvl-lutkhcdv-ntkbvchf-jtkbvchf-jtkbvchf-jtkbvchf-jtkbvchf";
        let svg = recovery("JP-2026-000001", key).unwrap();
        assert_eq!(scanned(&svg), key);
        assert!(!unit("JP-2026-000001", FINGERPRINT, "0.1.0", "2026").unwrap().contains("cbfnhdjt"));
    }
}
