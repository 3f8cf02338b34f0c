//! Conditional sources, sinks and transforms, chains of transforms, and `short_config`.

use std::borrow::Cow;

use deployer_core::document::{Member, Node, Value};

use crate::fault::Fault;
use crate::resolve::{Resolver, condition_of, replaced, rooted};
use crate::tree::{text, with_member};

/// The pipe with its `short_config` expanded and the alternatives of its conditional parts chosen.
pub(crate) fn choose_parts<'n>(mut root: Cow<'n, Node>, resolver: &mut Resolver<'_>) -> Cow<'n, Node> {
    if let Some(source) = short_source(&root) {
        root = Cow::Owned(with_member(&root, "source", source));
    }
    for name in ["source", "sink", "transform"] {
        if let Some(part) = root.get(name).and_then(|part| choose(part, resolver)) {
            root = Cow::Owned(with_member(&root, name, part));
        }
    }
    root
}

/// The chosen part, also inside lists and chains; `None` if it equals the part as written.
fn choose(part: &Node, resolver: &mut Resolver<'_>) -> Option<Node> {
    if let Value::Array(items) = &part.value {
        let items = replaced(items, |_, item| choose(item, resolver))?;
        return Some(Node { value: Value::Array(items), span: part.span });
    }
    if text(part, "type") == Some("chained") {
        let transforms = choose(part.get("transforms")?, resolver)?;
        return Some(with_member(part, "transforms", transforms));
    }
    // A missing condition and missing alternatives are missing properties of the type.
    let condition = condition_of(part)?;
    let alternatives = part.get("alternatives")?.value.as_object()?;
    if condition.contains("$ENV(") {
        return None;
    }
    match alternatives.get(&condition) {
        Some(chosen) => Some(choose(chosen, resolver).unwrap_or_else(|| chosen.clone())),
        None => {
            resolver.find(part.span, Fault::NoAlternative(condition));
            None
        }
    }
}

/// The source that `short_config: "sql://System/Table"` stands for.
fn short_source(root: &Node) -> Option<Node> {
    if root.get("source").is_some() {
        return None;
    }
    let short = root.get("short_config")?;
    let (system, table) = short.as_str()?.strip_prefix("sql://")?.split_once('/')?;
    let members = [("type", "sql"), ("system", system), ("table", table)];
    let members = members.map(|(name, value)| Member::new(name, Value::string(value)));
    Some(rooted(Value::object(members), short.span))
}
