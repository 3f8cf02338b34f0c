//! Values as Python has them, which Sesam's tool is written in.

use deployer_core::document::Value;

/// Whether Python takes a value for true.
pub(crate) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_text().parse::<f64>().is_ok_and(|number| number != 0.0),
        Value::Array(items) => !items.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;

    use super::*;

    #[test]
    fn empty_values_and_zero_are_false() {
        let cases = [
            ("null", "1"),
            ("false", "true"),
            ("\"\"", "\"0\""),
            ("0.0", "-2"),
            ("[]", "[0]"),
            ("{}", "{\"a\": 0}"),
        ];
        for (no, yes) in cases {
            let read = |text| is_true(&SourceText::new("a", text).parse().unwrap().root.value);
            assert_eq!((read(no), read(yes)), (false, true), "{no} {yes}");
        }
    }
}
