//! The path of a value in the notation of the service API.

use deployer_core::document::{Node, Span, Value};

/// The path of the value with this span, such as `$['source']['datasets'][1]`. If no value has the span, the path of the innermost value
/// around it.
pub fn elements(root: &Node, span: Span) -> String {
    let mut path = "$".to_owned();
    let mut node = root;
    while node.span != span {
        let inside = |child: &&Node| child.span.start <= span.start && span.end <= child.span.end;
        let next = match &node.value {
            Value::Object(object) => {
                let member = object.members().iter().find(|member| inside(&&member.node));
                member.map(|member| {
                    let key = member.key.replace('\\', "\\\\").replace('\'', "\\'");
                    (format!("['{key}']"), &member.node)
                })
            }
            Value::Array(items) => {
                let item = items.iter().enumerate().find(|(_, item)| inside(item));
                item.map(|(index, item)| (format!("[{index}]"), item))
            }
            _ => None,
        };
        let Some((step, child)) = next else { break };
        path.push_str(&step);
        node = child;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use deployer_core::document::SourceText;

    #[test]
    fn a_path_names_members_and_elements() {
        let source = SourceText::new("a", r#"{"a": 1, "y'z\\": [[], ["x", {"b": "c"}]]}"#);
        let root = source.parse().unwrap().root;
        let at = |text: &str| {
            let start = u32::try_from(source.text().find(text).unwrap()).unwrap();
            elements(&root, Span { start, end: start + u32::try_from(text.len()).unwrap() })
        };
        assert_eq!(at("1"), "$['a']");
        assert_eq!(at(r#""c""#), r"$['y\'z\\'][1][1]['b']");
        assert_eq!(at(r#"["x", {"b": "c"}]"#), r"$['y\'z\\'][1]");
        assert_eq!(elements(&root, root.span), "$");
    }
}
