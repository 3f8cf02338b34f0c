use super::*;
use crate::connect::EntityTemplate;
use crate::connect::endpoints::opened_by;
use crate::stages::{Strictness, read_entities};
use deployer_core::document::SourceText;
use deployer_core::format;
use deployer_core::model::{Origin, ReadWay, Replica};

fn entities(text: &str) -> Vec<Entity> {
    read_entities(&[SourceText::new("c.json", text)], Strictness::Strict).entities
}

fn connected(master: &str, extra: &str, rule: LinkRule) -> Connected {
    let mut templates = Templates::new("extra_nodes/x");
    let text = r###"{"_id": "##REPLACE_ID##-in", "readers": "##OUTBOUND_PARENT_PIPES##"}"###;
    let source = SourceText::new("t.json", text);
    let root = source.parse().unwrap().root;
    templates.files.insert(TemplateKind::PipeOnMasterFromExtraToMaster, EntityTemplate { source, root });
    let extra = ExtraNode { name: "x".into(), entities: entities(extra), proxy: false, templates };
    connect(entities(master), vec![extra], rule, &Variables::default())
}

const EXTRA: &str = r#"[{"_id": "p", "type": "pipe", "source": {"type": "embedded"}}]"#;
const MASTER: &str = r#"[
    {"_id": "b", "source": {"type": "embedded"}, "transform": {"type": "dtl", "rules": {"default": [
        ["add", "x", ["hops", {"datasets": ["p q"], "where": []}]]]}}},
    {"_id": "a", "source": {"type": "union_datasets", "datasets": ["p"]}}]"#;

/// The crossing that the last of some entities was made for.
fn crossing_of(entities: &[Entity]) -> &Crossing {
    match entities.last().map(Entity::origin) {
        Some(Origin::Template { crossing: Some(crossing), .. }) => crossing,
        other => panic!("not a replica: {other:?}"),
    }
}

fn readers_of(crossing: &Crossing) -> Vec<(&str, &str, ReadWay)> {
    crossing.readers.iter().map(|reader| (&*reader.pipe, &*reader.dataset, reader.way)).collect()
}

#[test]
fn the_full_rule_sees_every_reader_and_says_why_a_replica_exists() {
    let connected = connected(MASTER, EXTRA, LinkRule::Full);
    let replica = connected.master.last().unwrap();
    assert_eq!(format::compact(replica.value()), r#"{"_id":"p-in","readers":["a","b"]}"#);
    let crossing = crossing_of(&connected.master);
    assert_eq!(readers_of(crossing), [("b", "p", ReadWay::Hop), ("a", "p", ReadWay::Source)]);
    assert_eq!((crossing.from.as_str(), crossing.to.as_str(), &*crossing.pipe), ("x", "master", "p"));
    assert_eq!(crossing.replicas, [Replica::new(NodeName::master(), "p-in".into())]);
    assert_eq!(connected.crossings.len(), 1);
}

#[test]
fn the_reason_names_the_dataset_that_is_read() {
    let extra = r#"[{"_id": "p", "type": "pipe", "source": {"type": "embedded"}, "pump": {"dead_letter_dataset": "dead"},
        "sink": {"type": "dataset", "dataset": "d"}}]"#;
    let master = r#"[{"_id": "m", "source": {"type": "dataset", "dataset": "dead"}}]"#;
    let connected = connected(master, extra, LinkRule::Full);
    assert_eq!(readers_of(crossing_of(&connected.master)), [("m", "dead", ReadWay::Source)]);
}

#[test]
fn a_sink_that_writes_no_dataset_has_no_reader() {
    let extra = r#"[{"_id": "p", "type": "pipe", "source": {"type": "embedded"}, "sink": {"type": "json"}}]"#;
    assert_eq!(connected(MASTER, extra, LinkRule::Full).master.len(), 2);
    assert_eq!(
        connected(MASTER.replace("union_datasets", "merge").as_str(), extra, LinkRule::Seed).master.len(),
        3
    );
}

#[test]
fn the_original_sees_neither_hops_nor_unions() {
    assert_eq!(connected(MASTER, EXTRA, LinkRule::Seed).master.len(), 2);
}

/// The replicas that a master and a proxy node get for a pipe `x` that reads what the pipe `m` writes.
fn replicas_of_a_proxy(m: &str, x: &str, rule: LinkRule) -> Vec<String> {
    let mut templates = Templates::new("extra_nodes/x");
    let source = SourceText::new("t.json", r###"{"_id": "##REPLACE_ID##-in"}"###);
    let root = source.parse().unwrap().root;
    templates.files.insert(TemplateKind::PipeOnMasterFromExtraToMaster, EntityTemplate { source, root });
    let extra = ExtraNode { name: "x".into(), entities: entities(x), proxy: true, templates };
    let connected = connect(entities(m), vec![extra], rule, &Variables::default());
    connected.master.iter().skip(1).map(|replica| replica.id().to_string()).collect()
}

#[test]
fn the_original_knows_what_a_proxy_node_reads_by_the_ids_of_pipes() {
    let renamed =
        r#"{"_id": "m", "source": {"type": "embedded"}, "sink": {"type": "dataset", "dataset": "m-out"}}"#;
    let plain = r#"{"_id": "m", "source": {"type": "embedded"}}"#;
    let reads =
        |dataset: &str| format!(r#"{{"_id": "x", "source": {{"type": "dataset", "dataset": "{dataset}"}}}}"#);
    assert_eq!(replicas_of_a_proxy(plain, &reads("m"), LinkRule::Seed), [""; 0]);
    assert_eq!(replicas_of_a_proxy(renamed, &reads("m-out"), LinkRule::Seed), ["x-in"]);
    assert_eq!(replicas_of_a_proxy(renamed, &reads("m-out"), LinkRule::Full), [""; 0]);
    // A pipe that writes nothing that the proxy node reads does not count, even if its id is read.
    assert_eq!(replicas_of_a_proxy(renamed, &reads("m"), LinkRule::Seed), ["x-in"]);
}

#[test]
fn the_side_whose_replica_is_no_endpoint_opens_the_connection() {
    let receive = r#"{"_id": "a", "type": "pipe", "source": {"type": "http_endpoint"}}"#;
    let push = r#"{"_id": "b", "type": "pipe", "source": {"type": "dataset", "dataset": "p"}, "sink": {"type": "json", "system": "s"}}"#;
    let publish = r#"{"_id": "c", "type": "pipe", "source": {"type": "dataset", "dataset": "p"}, "sink": {"type": "http_endpoint"}}"#;
    let poll = r#"{"_id": "d", "type": "pipe", "source": {"type": "conditional", "alternatives": {"x": {"type": "sesam", "system": "s"}}}}"#;
    let inside = r#"{"_id": "e", "type": "pipe", "source": {"type": "dataset", "dataset": "a"}}"#;
    let opened = |master: &[&str], extra: &[&str]| {
        let (master_node, extra_node) = (NodeName::master(), NodeName::new("x"));
        let (on_master, on_extra) =
            (entities(&format!("[{}]", master.join(","))), entities(&format!("[{}]", extra.join(","))));
        let of_master = on_master.iter().map(|entity| (&master_node, entity));
        opened_by(of_master.chain(on_extra.iter().map(|entity| (&extra_node, entity))))
            .map(|node| node.to_string())
    };
    assert_eq!(opened(&[receive, inside], &[push]).as_deref(), Some("x"));
    assert_eq!(opened(&[poll], &[publish, inside]).as_deref(), Some("master"));
    assert_eq!(opened(&[], &[push]).as_deref(), Some("x"));
    assert_eq!(opened(&[receive], &[publish]), None);
    assert_eq!(opened(&[poll], &[push]), None);
}
