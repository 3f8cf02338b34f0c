//! JSON numbers: the text as written, compared by value.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

/// A JSON number that keeps its text, so that `1E5` and `1.10` survive a round trip.
///
/// Numbers are equal when a Sesam node holds the same value for both. A node keeps integers (no point, no exponent)
/// exactly, however long, and everything else as an IEEE 754 double. A double counts as the shortest decimal that reads
/// back to it, so `1`, `1.0` and `10e-1` are equal, and so are `0` and `-0.0`.
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

    fn decimal(&self) -> Decimal<'_> {
        if self.is_integer() { Decimal::of_integer(&self.0) } else { Decimal::of_double(self.as_f64()) }
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
        self.0 == other.0 || self.decimal() == other.decimal()
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.decimal().hash(state);
    }
}

/// A value in the one form that equal numbers share: significant digits without zeros at either end, times a power of ten.
#[derive(PartialEq, Eq, Hash)]
struct Decimal<'a> {
    negative: bool,
    digits: Cow<'a, str>,
    exponent: i64,
}

impl<'a> Decimal<'a> {
    const ZERO: Self = Self { negative: false, digits: Cow::Borrowed(""), exponent: 0 };

    fn of_integer(text: &'a str) -> Self {
        let (negative, digits) = split_sign(text);
        let significant = digits.trim_end_matches('0');
        if significant.is_empty() {
            return Self::ZERO;
        }
        let zeros = digits.len() - significant.len();
        Self { negative, digits: Cow::Borrowed(significant), exponent: length(zeros) }
    }

    fn of_double(double: f64) -> Self {
        if double == 0.0 {
            return Self::ZERO;
        }
        let text = format!("{double:e}");
        let (negative, unsigned) = split_sign(&text);
        // Infinity is written without an exponent: `inf` then stands for the digits.
        let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
        let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let exponent = exponent.parse::<i64>().unwrap_or(0) - length(fraction);
        Self { negative, digits: Cow::Owned(mantissa.replace('.', "")), exponent }
    }
}

fn split_sign(text: &str) -> (bool, &str) {
    text.strip_prefix('-').map_or((false, text), |digits| (true, digits))
}

fn length(digits: usize) -> i64 {
    i64::try_from(digits).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(left: &str, right: &str) -> bool {
        Number::from_checked(left) == Number::from_checked(right)
    }

    #[test]
    fn spelling_does_not_matter() {
        for (left, right) in [
            ("1", "1.0"),
            ("1", "10e-1"),
            ("1.0", "10E-1"),
            ("100", "1e2"),
            ("0", "-0"),
            ("0", "-0.0"),
            ("0", "0e999999999999999999999"),
            ("-1.50", "-15e-1"),
            ("100000000000000000000000", "1e23"),
        ] {
            assert!(equal(left, right), "{left} and {right}");
        }
    }

    #[test]
    fn integers_are_exact_however_long() {
        assert!(!equal("9007199254740992", "9007199254740993"));
        assert!(!equal("123456789012345678901234567890", "123456789012345678901234567891"));
        assert!(!equal("1", "-1"));
        assert!(!equal("1", "10"));
    }

    #[test]
    fn other_numbers_are_doubles() {
        assert!(equal("0.1", "0.1000000000000000055511151231257827"));
        assert!(!equal("0.1", "0.10000000000000002"));
        assert!(equal("1e400", "1e99999999999999999999"));
        assert!(!equal("1e400", "-1e400"));
        assert!(equal("1e-400", "0"));
    }

    #[test]
    fn equal_numbers_hash_alike() {
        let set: std::collections::HashSet<Number> =
            ["1", "1.0", "10e-1", "2", "2e0"].into_iter().map(Number::from_checked).collect();
        assert_eq!(set.len(), 2);
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
