//! Splitting and connecting lose no entity, and invent none without a template.

use std::collections::BTreeMap;

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use deployer_core::document::SourceText;
use deployer_core::format;
use deployer_core::model::{Entity, NodeName, Origin, Variables};
use deployer_engine::connect::{EntityTemplate, ExtraNode, LinkRule, TemplateKind, Templates, connect};
use deployer_engine::stages::{Strictness, read_entities, split};

const IDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
const NODES: [&str; 3] = ["master", "x", "y"];
/// Where an entity may belong; the last is no node of the deployment.
const OWNERS: [&str; 5] = ["", "master", "x", "y", "elsewhere"];

/// Entities of any owner, which read each other's datasets in every way, one or several to a file.
fn configuration(u: &mut Unstructured<'_>) -> Result<Vec<Entity>> {
    let mut files: Vec<Vec<String>> = vec![Vec::new()];
    for at in 0..u.int_in_range(0..=24)? {
        if u.arbitrary()? {
            files.push(Vec::new());
        }
        let text = entity(u, at)?;
        files.last_mut().expect("there is always one").push(text);
    }
    let files = files.iter().enumerate().map(|(at, entities)| match &entities[..] {
        [one] => SourceText::new(format!("{at}.conf.json"), one.as_str()),
        several => SourceText::new(format!("{at}.conf.json"), format!("[{}]", several.join(","))),
    });
    let read = read_entities(&files.collect::<Vec<_>>(), Strictness::Strict);
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    Ok(read.entities)
}

fn entity(u: &mut Unstructured<'_>, at: usize) -> Result<String> {
    let owner = u.choose(&OWNERS)?;
    let metadata =
        if owner.is_empty() { String::new() } else { format!(r#", "metadata": {{"node": "{owner}"}}"#) };
    let id = u.choose(&IDS)?;
    let (one, two) = (u.choose(&IDS)?, u.choose(&IDS)?);
    let flow = match u.int_in_range(0..=6)? {
        0 => return Ok(format!(r#"{{"_id": "{id}{at}", "type": "system:url"{metadata}}}"#)),
        1 => r#""source": {"type": "embedded"}"#.to_owned(),
        2 => format!(r#""source": {{"type": "dataset", "dataset": "{one}"}}"#),
        3 => format!(r#""source": {{"type": "merge", "datasets": ["{one} x", "{two} y"]}}"#),
        4 => format!(
            r#""source": {{"type": "conditional", "alternatives": {{"t": {{"type": "union_datasets", "datasets": ["{one}", "{two}"]}}}}}}, "sink": {{"type": "json"}}"#
        ),
        5 => format!(
            r#""source": {{"type": "embedded"}}, "transform": {{"type": "dtl", "rules": {{"default": [["add", "x", ["hops", {{"datasets": ["{one} x"]}}]]]}}}}"#
        ),
        _ => format!(
            r#""source": {{"type": "dataset", "dataset": "{one}"}}, "sink": {{"type": "dataset", "dataset": "{two}"}}"#
        ),
    };
    // Most pipes are called as what others read; an `_id` may stand twice, which is judged later.
    let id = if u.arbitrary()? { (*id).to_owned() } else { format!("{id}{at}") };
    Ok(format!(r#"{{"_id": "{id}", "type": "pipe", {flow}{metadata}}}"#))
}

fn shown(entities: &[Entity]) -> Vec<String> {
    entities.iter().map(|entity| format!("{} {}", entity.place(), format::compact(entity.value()))).collect()
}

/// The shares of the nodes, and the nodes' names.
fn shares(entities: &[Entity]) -> Vec<(NodeName, Vec<Entity>)> {
    split(entities.iter().cloned(), &NODES.map(NodeName::new)).nodes
}

fn templates(u: &mut Unstructured<'_>) -> Result<Templates> {
    let mut templates = Templates::new("extra_nodes/x");
    for kind in TemplateKind::ALL {
        if u.arbitrary()? {
            let text = format!(r###"{{"_id": "##REPLACE_ID##-{}", "type": "pipe"}}"###, kind.file_name());
            let source = SourceText::new(kind.file_name(), text);
            let root = source.parse().expect("JSON").root;
            templates.files.insert(kind, EntityTemplate { source, root });
        }
    }
    Ok(templates)
}

#[test]
fn every_entity_is_on_exactly_the_node_that_owns_it() {
    arbtest(|u| {
        let entities = configuration(u)?;
        let parts = split(entities.iter().cloned(), &NODES.map(NodeName::new));
        for (name, share) in &parts.nodes {
            let owned = entities.iter().filter(|entity| entity.owner() == name.as_str());
            assert_eq!(shown(share), shown(&owned.cloned().collect::<Vec<_>>()), "{name}");
        }
        let kept: usize = parts.nodes.iter().map(|(_, share)| share.len()).sum();
        let left_out = entities.iter().filter(|entity| entity.owner() == "elsewhere").count();
        assert_eq!(kept + left_out, entities.len());
        assert_eq!(parts.notes.len(), usize::from(left_out > 0), "what is left out is told");
        Ok(())
    });
}

#[test]
fn without_a_template_connecting_changes_nothing() {
    arbtest(|u| {
        let shares = shares(&configuration(u)?);
        for rule in [LinkRule::Seed, LinkRule::Full] {
            let connected = connected(&shares, rule, u.arbitrary()?, &BTreeMap::new());
            for ((name, before), after) in shares.iter().zip(&connected) {
                assert_eq!(shown(before), shown(after), "{name} {rule:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn with_templates_nothing_is_lost_and_everything_new_comes_from_a_template_for_a_pipe() {
    arbtest(|u| {
        let entities = configuration(u)?;
        let shares = shares(&entities);
        let templates =
            BTreeMap::from([(NodeName::new("x"), templates(u)?), (NodeName::new("y"), templates(u)?)]);
        for rule in [LinkRule::Seed, LinkRule::Full] {
            let connected = connected(&shares, rule, u.arbitrary()?, &templates);
            for ((name, before), after) in shares.iter().zip(&connected) {
                let (own, made) = after.split_at(before.len());
                assert_eq!(shown(before), shown(own), "{name} {rule:?}");
                for entity in made {
                    let Origin::Template { crossing, .. } = entity.origin() else {
                        panic!("{name}: {entity:?} comes from nowhere");
                    };
                    let Some(crossing) = crossing else { continue };
                    assert!(entities.iter().any(|entity| entity.id() == &crossing.pipe), "{entity:?}");
                    let named = crossing.replicas.iter().any(|replica| &replica.id == entity.id());
                    assert!(named, "{entity:?} is none of {crossing:?}");
                    assert!(crossing.proxy || !crossing.readers.is_empty(), "{crossing:?}");
                }
            }
        }
        Ok(())
    });
}

/// The entities of each node after connecting; the first extra node may be a proxy node.
fn connected(
    shares: &[(NodeName, Vec<Entity>)],
    rule: LinkRule,
    proxy: bool,
    templates: &BTreeMap<NodeName, Templates>,
) -> Vec<Vec<Entity>> {
    let extras = shares[1..].iter().enumerate().map(|(at, (name, entities))| ExtraNode {
        name: name.clone(),
        entities: entities.clone(),
        proxy: proxy && at == 0,
        templates: templates.get(name).cloned().unwrap_or_default(),
    });
    let connected = connect(shares[0].1.clone(), extras.collect(), rule, &Variables::default());
    assert!(connected.problems.is_empty(), "{:?}", connected.problems);
    std::iter::once(connected.master)
        .chain(connected.extras.into_iter().map(|(_, entities)| entities))
        .collect()
}
