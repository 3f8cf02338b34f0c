//! Values of templates. They print as in Python, which Sesam's tool is written in.

use deployer_core::Result;
use deployer_core::document::{Number, Value};

/// A value that a template is filled in with.
pub(crate) type TemplateValue = minijinja::Value;

/// A text for a template.
pub(crate) fn template_text(text: &str) -> TemplateValue {
    TemplateValue::from(text)
}

/// A JSON value for a template.
pub(crate) fn template_value(value: &Value) -> TemplateValue {
    match value {
        Value::Null => TemplateValue::from(()),
        Value::Bool(flag) => TemplateValue::from(*flag),
        Value::String(text) => TemplateValue::from(&**text),
        Value::Number(number) => template_number(number),
        Value::Array(items) => items.iter().map(|item| template_value(&item.value)).collect(),
        Value::Object(object) => {
            let members = object.members().iter();
            TemplateValue::from_pairs(
                members.map(|member| (&*member.key, template_value(&member.node.value))),
            )
        }
    }
}

/// An integer that does not fit is a text of its digits: it prints the same.
fn template_number(number: &Number) -> TemplateValue {
    let text = number.as_text();
    if let Ok(integer) = text.parse::<i64>() {
        return TemplateValue::from(integer);
    }
    if let Ok(integer) = text.parse::<i128>() {
        return TemplateValue::from(integer);
    }
    match text.parse::<f64>() {
        Ok(float) if text.contains(['.', 'e', 'E']) => TemplateValue::from(float),
        _ => TemplateValue::from(text),
    }
}

/// A value as Python prints it: `True`, `None`, `1.0`, `['a', 1]`. It fails only in the other implementation of this module.
pub(crate) fn printed(value: &Value) -> Result<String> {
    Ok(template_value(value).to_string())
}
