//! TOML (<https://toml.io/en/v1.1.0>).

use deployer_core::{Error, SecretValue, format};
use toml::de::{DeTable, DeValue};

use super::collected::{Collected, Secrets};
use crate::errors;
use crate::text::Text;

pub(super) fn read(text: Text<'_>) -> Result<Secrets, Error> {
    let table = DeTable::parse(text.text).map_err(|cause| {
        let place = text.place(cause.span().map_or(0, |span| span.start));
        errors::malformed(place, cause.message(), "write a line for each secret: name = \"value\"")
    })?;
    let mut collected = Collected::new(text);
    for (name, value) in table.get_ref() {
        let secret = value_text(value.get_ref()).map_err(|cause| {
            errors::malformed(text.place(value.span().start), cause, "put the value in double quotes")
        })?;
        collected.add(name.get_ref(), name.span().start, Some(SecretValue::new(secret)));
    }
    collected.finish()
}

/// A text or a time as it is, any other value as compact JSON.
fn value_text(value: &DeValue<'_>) -> Result<String, &'static str> {
    match value {
        DeValue::String(text) => Ok(text.clone().into_owned()),
        DeValue::Datetime(time) => Ok(time.to_string()),
        other => {
            let mut json = String::new();
            push_json(&mut json, other)?;
            Ok(json)
        }
    }
}

fn push_json(json: &mut String, value: &DeValue<'_>) -> Result<(), &'static str> {
    match value {
        DeValue::String(text) => json.push_str(&format::quoted(text)),
        DeValue::Datetime(time) => json.push_str(&format::quoted(&time.to_string())),
        DeValue::Boolean(truth) => json.push_str(if *truth { "true" } else { "false" }),
        DeValue::Integer(number) if number.radix() == 10 => {
            json.push_str(number.as_str().trim_start_matches('+'));
        }
        DeValue::Integer(number) => {
            let number = i128::from_str_radix(number.as_str(), number.radix());
            json.push_str(&number.map_err(|_| "the number is too large")?.to_string());
        }
        DeValue::Float(number) => {
            let number = number.as_str().trim_start_matches('+');
            if number.ends_with("inf") || number.ends_with("nan") {
                return Err("JSON has no such number");
            }
            json.push_str(number);
        }
        DeValue::Array(items) => {
            json.push('[');
            for (position, item) in items.iter().enumerate() {
                json.push_str(if position > 0 { "," } else { "" });
                push_json(json, item.get_ref())?;
            }
            json.push(']');
        }
        DeValue::Table(table) => {
            json.push('{');
            for (position, (name, member)) in table.iter().enumerate() {
                json.push_str(if position > 0 { "," } else { "" });
                json.push_str(&format::quoted(name.get_ref()));
                json.push(':');
                push_json(json, member.get_ref())?;
            }
            json.push('}');
        }
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "these tests are about the values themselves")]
mod tests {
    use super::*;

    fn text(text: &str) -> Text<'_> {
        Text { file: "secrets.toml", text }
    }

    #[test]
    fn texts_are_taken_as_they_are_and_other_values_as_their_json() {
        let toml = "text = \"a\\n\\\"ø\"\nlines = '''\none\ntwo\n'''\nempty = ''\n\"with.dot\" = 'x'\nnumber = +1_000\n\
            hex = 0xff\nfloat = +1.50\ntruth = true\ntime = 2026-01-02\nlist = [1, 'a \"b\"', { c = 1979-05-27 }]\n\
            [nested]\na = 1\n[nested.b]\nc = 'd'\n";
        let secrets = read(text(toml)).unwrap();
        let value = |name: &str| secrets[name].as_ref().map(SecretValue::expose).unwrap();
        assert_eq!(value("text"), "a\n\"ø");
        assert_eq!(value("lines"), "one\ntwo\n");
        assert_eq!(value("empty"), "");
        assert_eq!(value("with.dot"), "x");
        assert_eq!((value("number"), value("hex"), value("float")), ("1000", "255", "1.50"));
        assert_eq!((value("truth"), value("time")), ("true", "2026-01-02"));
        assert_eq!(value("list"), r#"[1,"a \"b\"",{"c":"1979-05-27"}]"#);
        assert_eq!(value("nested"), r#"{"a":1,"b":{"c":"d"}}"#);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place_and_without_a_value() {
        for (toml, place) in [
            ("a = 'x'\nb = hunter2hunter2", "secrets.toml:2:5"),
            ("a = 'hunter2hunter2", "secrets.toml:1:20"),
            ("a = 'hunter2hunter2' 'hunter2hunter2'", "secrets.toml:1:22"),
            ("hunter2hunter2", "secrets.toml:1:1"),
            ("a = 1\na = 'hunter2hunter2'", "secrets.toml:2:1"),
            ("a = 1\n[a]\nb = 'hunter2hunter2'", "secrets.toml:2:2"),
            ("a = inf", "secrets.toml:1:5"),
        ] {
            let shown = format!("{:?}", read(text(toml)).unwrap_err());
            assert!(shown.contains(place), "{place}: {shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
