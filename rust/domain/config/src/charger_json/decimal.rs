//! Numbers of the older file in thousandths, without floating point.

use serde_json::Value;

/// A number in thousandths, rounded down, and whether that is all of it. `None` for what is no number, or beyond reason.
pub(super) fn thousandths(value: &Value) -> Option<(i64, bool)> {
    let Value::Number(number) = value else { return None };
    let text = number.to_string();
    let (negative, digits) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
    // An exponent means a number that nobody writes into a configuration.
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if !fraction.chars().all(|c| c.is_ascii_digit()) || whole.len() > 15 {
        return None;
    }
    let padded: String = fraction.chars().chain("000".chars()).take(3).collect();
    let rest_is_zero = fraction.chars().skip(3).all(|c| c == '0');
    let magnitude = whole.parse::<i64>().ok()?.checked_mul(1_000)?.checked_add(padded.parse().ok()?)?;
    let value = match (negative, rest_is_zero) {
        (false, _) => magnitude,
        (true, true) => -magnitude,
        (true, false) => -magnitude - 1,
    };
    Some((value, rest_is_zero))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_read_as_written() {
        for (value, expected) in [
            (json!(60), Some((60_000, true))),
            (json!(60.5), Some((60_500, true))),
            (json!(-0.0004), Some((-1, false))),
            (json!(41.6667), Some((41_666, false))),
            (json!(0), Some((0, true))),
            (json!(1e300), None),
            (json!("60"), None),
            (json!(null), None),
        ] {
            assert_eq!(thousandths(&value), expected, "{value}");
        }
    }
}
