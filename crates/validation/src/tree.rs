//! Reading a resolved tree.

use deployer_core::document::{Member, Node, Value};

/// The object that selects properties by the value of a condition.
pub(crate) const CONDITIONAL: &str = "$conditional_properties";

/// The string member of an object.
pub(crate) fn text<'n>(node: &'n Node, name: &str) -> Option<&'n str> {
    node.get(name)?.as_str()
}

/// The members of an object; empty for other values.
pub(crate) fn members(node: &Node) -> &[Member] {
    node.value.as_object().map(|object| object.members()).unwrap_or_default()
}

/// The elements of a list, or the value itself.
pub(crate) fn elements(node: &Node) -> &[Node] {
    node.value.as_array().unwrap_or(std::slice::from_ref(node))
}

/// Whether a string can contain a reference to a variable.
pub(crate) fn has_variable(text: &str) -> bool {
    // Few strings contain a dollar sign, and looking for one byte is fast.
    text.as_bytes().contains(&b'$') && text.contains("$ENV(")
}

/// Whether the value depends on an undefined variable, so that nothing is known of it.
pub(crate) fn is_open(node: &Node) -> bool {
    node.as_str().is_some_and(has_variable) || node.get(CONDITIONAL).is_some()
}

/// The node with one member of its object replaced or added.
pub(crate) fn with_member(node: &Node, name: &str, member: Node) -> Node {
    let mut member = Some(member);
    let mut all: Vec<Member> = Vec::new();
    for old in members(node) {
        let node = if &*old.key == name { member.take() } else { None };
        let node = node.unwrap_or_else(|| old.node.clone());
        all.push(Member { key: old.key.clone(), key_span: old.key_span, node });
    }
    if let Some(node) = member {
        all.push(Member { key: name.into(), key_span: node.span, node });
    }
    Node { value: Value::object(all), span: node.span }
}
