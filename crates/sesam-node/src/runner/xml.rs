//! XML documents of pipes with an `xml_endpoint` sink, as the product's documentation describes them. An entity of another shape is an
//! error.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::values::{is_skipped, literal};

/// The document. Attributes are in the order of their names, because a dataset does not keep another one.
///
/// # Errors
/// In words, if an entity does not have the documented shape.
pub(super) fn document(sink: &Value, entities: &[Value]) -> Result<Vec<u8>, String> {
    let nothing = Map::new();
    let root = sink["root-attributes"].as_object().unwrap_or(&nothing);
    let wrapper = sink["wrapper"].as_str();
    let mut text = String::new();
    if sink["byte_order_mark"] == true {
        text.push('\u{feff}');
    }
    if sink["include-xml-decl"] == true {
        text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>");
    }
    if let Some(wrapper) = wrapper {
        text.push_str(&format!("<{}", name(wrapper)?));
        attributes(root, &mut text)?;
        text.push('>');
    }
    let of_entity = if wrapper.is_some() { &nothing } else { root };
    for entity in entities.iter().filter(|entity| !is_skipped(sink, entity)) {
        let members = entity.as_object().unwrap_or(&nothing);
        element(members, of_entity, &mut text)
            .map_err(|why| format!("the entity {}: {why}", entity["_id"]))?;
    }
    if let Some(wrapper) = wrapper {
        text.push_str(&format!("</{wrapper}>"));
    }
    Ok(text.into_bytes())
}

/// The element of an object: its only property in angle brackets, with the other ones as attributes.
fn element(object: &Map<String, Value>, more: &Map<String, Value>, text: &mut String) -> Result<(), String> {
    let tag = |key: &str| key.strip_prefix('<')?.strip_suffix('>').map(str::to_owned);
    let mut tags = object.iter().filter_map(|(key, value)| Some((tag(key)?, value)));
    let (Some((tag_name, content)), None) = (tags.next(), tags.next()) else {
        return Err("it must have exactly one property that begins with `<` and ends with `>`".to_owned());
    };
    let own = object.iter().filter(|(key, _)| tag(key).is_none() && !key.starts_with('_'));
    text.push_str(&format!("<{}", name(&tag_name)?));
    attributes(more, text)?;
    attributes(&own.map(|(key, value)| (key.clone(), value.clone())).collect(), text)?;
    text.push('>');
    let nothing = Map::new();
    match content {
        Value::Object(child) => element(child, &nothing, text)?,
        // The documentation says that only objects of a list count.
        Value::Array(children) => {
            children
                .iter()
                .filter_map(Value::as_object)
                .try_for_each(|child| element(child, &nothing, text))?;
        }
        value => text.push_str(&escaped(&literal(value, &tag_name)?)),
    }
    text.push_str(&format!("</{tag_name}>"));
    Ok(())
}

fn attributes(members: &Map<String, Value>, text: &mut String) -> Result<(), String> {
    for (key, value) in members {
        let written = write!(text, " {}=\"{}\"", name(key)?, escaped(&literal(value, key)?));
        written.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// A name of a tag or an attribute.
fn name(text: &str) -> Result<&str, String> {
    let is_inner = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let is_name = text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(is_inner);
    if is_name { Ok(text) } else { Err(format!("invalid name of a tag or an attribute: {text:?}")) }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(sink: Value, entities: &[Value]) -> Result<String, String> {
        document(&sink, entities).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn the_example_of_the_documentation_has_the_documented_output() {
        let entity = json!({
            "_id": "1", "name": "Entity 1", "id": "entity-1",
            "<foo:tag>": [{
                "id": "child", "name": "Child entity",
                "<section>": [{ "<from>": "0" }, { "<to>": "999" }, 7],
            }],
        });
        let sink = json!({ "wrapper": "baz", "root-attributes": { "xmlns": "http://www.example.org/ns1", "zoo": "bar" } });
        assert_eq!(
            text(sink, std::slice::from_ref(&entity)).unwrap(),
            "<baz xmlns=\"http://www.example.org/ns1\" zoo=\"bar\"><foo:tag id=\"entity-1\" name=\"Entity 1\">\
             <section id=\"child\" name=\"Child entity\"><from>0</from><to>999</to></section></foo:tag></baz>"
        );
        let sink = json!({ "root-attributes": { "a": "<&\">" }, "include-xml-decl": true });
        assert_eq!(
            text(sink, &[json!({ "_id": "1", "<t>": "x > 1" }), json!({ "<t>": 1, "_deleted": true })])
                .unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><t a=\"&lt;&amp;&quot;&gt;\">x &gt; 1</t>"
        );
    }

    #[test]
    fn an_entity_of_another_shape_is_named() {
        for entity in [
            json!({ "_id": "7" }),
            json!({ "_id": "7", "<a>": 1, "<b>": 2 }),
            json!({ "_id": "7", "<a b>": 1 }),
            json!({ "_id": "7", "<a>": "~t2026-01-01T00:00:00Z" }),
            json!({ "_id": "7", "<a>": 1, "list": [] }),
        ] {
            let error = text(json!({}), std::slice::from_ref(&entity)).unwrap_err();
            assert!(error.starts_with("the entity \"7\": "), "{entity}: {error}");
        }
    }
}
