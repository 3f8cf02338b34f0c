//! Values as Python has them, which Sesam's tool is written in.

use deployer_core::document::{Number, Value};

/// A JSON value for a template.
pub(crate) fn template_value(value: &Value) -> minijinja::Value {
    match value {
        Value::Null => minijinja::Value::from(()),
        Value::Bool(flag) => minijinja::Value::from(*flag),
        Value::String(text) => minijinja::Value::from(&**text),
        Value::Number(number) => template_number(number),
        Value::Array(items) => items.iter().map(|item| template_value(&item.value)).collect(),
        Value::Object(object) => {
            let members = object.members().iter();
            minijinja::Value::from_pairs(
                members.map(|member| (&*member.key, template_value(&member.node.value))),
            )
        }
    }
}

/// An integer that does not fit is a text of its digits: it prints the same.
fn template_number(number: &Number) -> minijinja::Value {
    let text = number.as_text();
    if let Ok(integer) = text.parse::<i64>() {
        return minijinja::Value::from(integer);
    }
    if let Ok(integer) = text.parse::<i128>() {
        return minijinja::Value::from(integer);
    }
    match text.parse::<f64>() {
        Ok(float) if text.contains(['.', 'e', 'E']) => minijinja::Value::from(float),
        _ => minijinja::Value::from(text),
    }
}

/// A value as Python prints it: `True`, `None`, `1.0`, `['a', 1]`.
pub(crate) fn printed(value: &Value) -> String {
    template_value(value).to_string()
}

/// Whether Python takes a value for true.
pub(crate) fn is_true(value: &Value) -> bool {
    template_value(value).is_true()
}
