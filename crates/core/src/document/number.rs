//! JSON numbers: the text as written, compared by value.

use std::hash::{Hash, Hasher};

/// A JSON number that keeps its text, so that `1E5` and `1.10` survive a round trip.
///
/// Two numbers are equal when a Sesam node keeps the same value for both. A node keeps integers (no point, no exponent) exactly,
/// however long, and decimals as IEEE 754 doubles. An integer never equals a decimal: `1` and `1.0` differ in JSON output, in
/// hashes and in comparisons of types. `1.0` equals `1.00` and `10e-1`, and `0` equals `-0`.
#[derive(Debug, Clone)]
pub struct Number(Box<str>);

impl Number {
    /// Takes a text the parser has checked against the grammar of RFC 8259.
    pub(super) fn from_checked(text: &str) -> Self {
        Self(text.into())
    }

    /// The number as written.
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// Whether it is written as an integer: no point and no exponent.
    pub fn is_integer(&self) -> bool {
        !self.0.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
    }

    /// The nearest IEEE 754 double; infinite beyond the range of doubles.
    pub fn as_f64(&self) -> f64 {
        // Every JSON number is in the grammar of Rust's floats, so this never falls back.
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// The number as an unsigned integer, when it is written as one and fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    fn kept(&self) -> Kept<'_> {
        match self.as_text() {
            "-0" => Kept::Integer("0"),
            text if self.is_integer() => Kept::Integer(text),
            _ => Kept::Decimal(self.as_f64().to_bits()),
        }
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(number.to_string().into())
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(number.to_string().into())
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.kept() == other.kept()
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kept().hash(state);
    }
}

/// A number as a node keeps it. The grammar allows one text per integer, except zero.
#[derive(PartialEq, Eq, Hash)]
enum Kept<'a> {
    Integer(&'a str),
    Decimal(u64),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(left: &str, right: &str) -> bool {
        Number::from_checked(left) == Number::from_checked(right)
    }

    /// Sources: RFC 8259 section 6 (grammar); Sesam's formatter and sesam-py print integers as they are and doubles in their shortest
    /// form, so that a status or a diff shows exactly the pairs below that differ; the data types of Sesam's documentation (integer,
    /// decimal, float).
    #[test]
    fn numbers_are_equal_when_a_node_keeps_the_same_value() {
        for (left, right, expected) in [
            ("1", "1", true),
            ("1", "1.0", false),
            ("1", "10e-1", false),
            ("100", "1e2", false),
            ("0", "0.0", false),
            ("0", "-0", true),
            ("0.0", "-0.0", false),
            ("1.0", "1.00", true),
            ("1.0", "10E-1", true),
            ("1e2", "100.0", true),
            ("1E2", "1e+2", true),
            ("-1.50", "-15e-1", true),
            ("0.0", "0e999999999999999999999", true),
            ("0.1", "0.1000000000000000055511151231257827", true),
            ("0.1", "0.10000000000000002", false),
            ("1e23", "100000000000000000000000.0", true),
            ("100000000000000000000000", "1e23", false),
            ("9007199254740992", "9007199254740993", false),
            ("9007199254740992.0", "9007199254740993.0", true),
            ("123456789012345678901234567890", "123456789012345678901234567891", false),
            ("1", "-1", false),
            ("1", "10", false),
            ("1e400", "1e99999999999999999999", true),
            ("1e400", "-1e400", false),
            ("1e-400", "0.0", true),
        ] {
            assert_eq!(equal(left, right), expected, "{left} and {right}");
            assert_eq!(equal(right, left), expected, "{right} and {left}");
        }
    }

    #[test]
    fn equal_numbers_hash_alike() {
        let numbers = ["1", "1.0", "10e-1", "2", "2e0", "0", "-0"];
        let set: std::collections::HashSet<Number> = numbers.into_iter().map(Number::from_checked).collect();
        assert_eq!(set.len(), 5);
    }

    #[test]
    fn integers_are_told_apart_by_their_spelling() {
        assert!(Number::from_checked("-12").is_integer());
        assert!(!Number::from_checked("12.0").is_integer());
        assert!(!Number::from_checked("1E2").is_integer());
        assert_eq!(Number::from_checked("12").as_u64(), Some(12));
        assert_eq!(Number::from_checked("-12").as_u64(), None);
    }
}
