//! Equality by value: spans and key order never matter, list order does, numbers compare as [`Number`](super::Number) says.

use std::collections::HashMap;

use super::value::{FEW, Node, Object, Value};

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Node {}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Number(left), Value::Number(right)) => left == right,
            (Value::String(left), Value::String(right)) => left == right,
            (Value::Array(left), Value::Array(right)) => left == right,
            (Value::Object(left), Value::Object(right)) => left == right,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        if self.len() != other.len() {
            return false;
        }
        if self.len() <= FEW {
            return self.members().iter().all(|member| other.get(&member.key) == Some(&member.node));
        }
        // Mostly both sides come in the same order, and no index is needed.
        let different =
            self.members().iter().zip(other.members()).position(|(left, right)| left.key != right.key);
        let same_order = different.unwrap_or(self.len());
        let (left, right) = (self.members().split_at(same_order), other.members().split_at(same_order));
        if left.0.iter().zip(right.0).any(|(left, right)| left.node != right.node) {
            return false;
        }
        let index: HashMap<&str, &Node> = right.1.iter().map(|member| (&*member.key, &member.node)).collect();
        left.1.iter().all(|member| index.get(&*member.key) == Some(&&member.node))
    }
}

impl Eq for Object {}

#[cfg(test)]
mod tests {
    use crate::document::Value;

    fn value(text: &str) -> Value {
        Value::parse_text("test.json", text).expect("the test writes valid JSON")
    }

    #[test]
    fn key_order_and_layout_do_not_matter() {
        assert_eq!(value(r#"{"a":1,"b":[true,null]}"#), value("{ \"b\": [true, null],\n \"a\": 1 }"));
    }

    #[test]
    fn list_order_and_kinds_matter() {
        assert_ne!(value("[1,2]"), value("[2,1]"));
        assert_ne!(value("[1]"), value("[1,1]"));
        assert_ne!(value("0"), value("false"));
        assert_ne!(value("null"), value("{}"));
        assert_ne!(value("\"1\""), value("1"));
        assert_ne!(value("[1]"), value("[1.0]"));
    }

    #[test]
    fn objects_differ_by_key_and_by_value() {
        assert_ne!(value(r#"{"a":1}"#), value(r#"{"b":1}"#));
        assert_ne!(value(r#"{"a":1}"#), value(r#"{"a":2}"#));
        assert_ne!(value(r#"{"a":1}"#), value(r#"{"a":1,"b":1}"#));
    }

    #[test]
    fn big_objects_compare_in_any_order() {
        let members = |numbers: &mut dyn Iterator<Item = u32>| {
            let members: Vec<String> = numbers.map(|number| format!("\"k{number}\":{number}")).collect();
            value(&format!("{{{}}}", members.join(",")))
        };
        let (up, down) = (members(&mut (0..200_000)), members(&mut (0..200_000).rev()));
        assert_eq!(up, down);
        assert_eq!(up, up.clone());
        assert_ne!(up, members(&mut (1..200_001).rev()));
        assert_ne!(members(&mut (0..20)), members(&mut (0..19).chain([77])));
    }
}
