//! The texts of numbers, as Python prints them.

/// Integers with more characters than this, sign included, pass through a double.
const LONGEST_EXACT: usize = 16;

/// The number of a node's answer: a decimal without a fraction becomes an integer, a long integer the nearest double.
pub(crate) fn of_node(text: &str, exact_integers: bool) -> String {
    if is_integer(text) {
        return match text.len() > LONGEST_EXACT && !exact_integers {
            true => rounded(text),
            false => integer(text),
        };
    }
    let printed = python(text);
    match printed.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => printed,
    }
}

/// The number of an expected file, which is not changed.
pub(crate) fn of_file(text: &str) -> String {
    if is_integer(text) { integer(text) } else { python(text) }
}

/// Why no answer of a node can contain the number. `None` if one can.
pub(crate) fn impossible(text: &str, exact_integers: bool) -> Option<String> {
    let kept = of_file(text);
    let possible = of_node(text, exact_integers);
    (kept != possible).then_some(possible)
}

fn is_integer(text: &str) -> bool {
    !text.contains(['.', 'e', 'E'])
}

fn integer(text: &str) -> String {
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// The shortest decimal digits of the nearest double, filled with zeros.
fn rounded(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(double) if double.is_finite() => format!("{double}"),
        _ => text.to_owned(),
    }
}

/// A decimal as Python prints it: the shortest digits that give the same double.
fn python(text: &str) -> String {
    let double: f64 = text.parse().unwrap_or(f64::NAN);
    if !double.is_finite() {
        return text.to_owned();
    }
    let scientific = format!("{double:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        let positional = format!("{double}");
        return if positional.contains('.') { positional } else { positional + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_nodes_become_the_numbers_that_an_expected_file_must_have() {
        for (node, file) in [
            ("1.0", "1"),
            ("1e3", "1000"),
            ("1e15", "1000000000000000"),
            ("-0.0", "0"),
            ("-0", "0"),
            ("1.10", "1.1"),
            ("0.1", "0.1"),
            ("1e-7", "1e-07"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1e16", "1e+16"),
            ("1e17", "1e+17"),
            ("1.5e300", "1.5e+300"),
            ("12345678901234567", "12345678901234568"),
            ("-9999999999999999", "-10000000000000000"),
            ("1234567890123456789012", "1234567890123456800000"),
            ("9999999999999999", "9999999999999999"),
        ] {
            assert_eq!(of_node(node, false), file, "{node}");
            let same = of_file(file) == of_node(node, false);
            assert!(same, "{file} matches {node}");
        }
        assert_eq!(of_node("12345678901234567", true), "12345678901234567");
    }

    #[test]
    fn an_expected_number_that_no_node_sends_is_impossible() {
        for (file, expected) in [
            ("1.0", Some("1")),
            ("12345678901234567", Some("12345678901234568")),
            ("1e3", Some("1000")),
            ("1", None),
            ("1.10", None),
            ("1e16", None),
            ("9999999999999999", None),
        ] {
            assert_eq!(impossible(file, false).as_deref(), expected, "{file}");
        }
        assert_eq!(impossible("12345678901234567", true), None);
    }

    /// `1e16` of a node is no integer: the expected file must have the double.
    #[test]
    fn large_doubles_and_integers_differ() {
        assert_ne!(of_node("1e16", false), of_file("10000000000000000"));
        assert_eq!(of_node("1e16", false), of_file("1e16"));
    }
}
