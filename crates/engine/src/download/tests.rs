//! A master and an extra node, whose state is taken back into files.

use super::*;
use crate::connect::LinkRule;
use crate::run::{Connectors, FolderLayout, NodeStatus};
use crate::stages::{Strictness, Whitelist, diff, read_entities};
use deployer_core::model::{Desired, Fingerprint, Observed, Variables};

fn configuration() -> Configuration {
    Configuration {
        folder: "node".to_owned(),
        whitelist: Whitelist { lists: vec!["list.txt".to_owned()], ..Whitelist::default() },
        variables: vec!["vars.json".to_owned()],
        upload_variables: None,
        links: LinkRule::Full,
        split: true,
        strictness: Strictness::Strict,
        layout: FolderLayout::Deployer,
        connectors: Connectors::default(),
    }
}

fn entities(file: &str, text: &str) -> Vec<Entity> {
    read_entities(&[SourceText::new(file, text)], Strictness::Strict).entities
}

fn variables(text: &str) -> Variables {
    let source = SourceText::new("node/vars.json", text);
    let root = source.parse().expect("the test writes valid JSON").root;
    Variables::from_document(&root, &source).expect("an object")
}

const FILES: [(&str, &str); 6] = [
    ("node/list.txt", "pipes/sub/a.conf.json\npipes/two.conf.json\n"),
    ("node/other.txt", "pipes/sub/a.conf.json\n"),
    ("node/pipes/sub/a.conf.json", "{\"type\": \"pipe\",   \"_id\": \"a\"}"),
    (
        "node/pipes/two.conf.json",
        "[\n  {\"_id\": \"b\",  \"type\": \"pipe\"},\n  {\"_id\": \"c\", \"type\": \"pipe\", \"metadata\": {\"node\": \"extra\"}}\n]\n",
    ),
    ("node/pipes/unlisted.conf.json", "{\"_id\": \"d\", \"type\": \"pipe\"}\n"),
    ("node/vars.json", "{\"x\":   1, \"y\": 2}"),
];

/// The result for these entities on the master and on the extra node, and these variables on the master.
fn taken(on_master: &str, on_extra: &str, on_variables: &str) -> Download {
    let texts: BTreeMap<String, String> =
        FILES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let mut all = entities("pipes/sub/a.conf.json", &texts["node/pipes/sub/a.conf.json"]);
    all.extend(entities("pipes/two.conf.json", &texts["node/pipes/two.conf.json"]));
    let (of_extra, of_master): (Vec<Entity>, Vec<Entity>) =
        all.into_iter().partition(|entity| entity.owner() == "extra");
    let replica = entities("t.json", r#"[{"_id": "r", "type": "pipe"}]"#).remove(0);
    let origin = Origin::Template { template: SourceText::new("t.json", ""), crossing: None };
    let vars = Some(variables(&texts["node/vars.json"]));
    let of_master = Desired::default().with_entities(of_master).with_variables(vars);
    let mut of_extra = Desired::default().with_entities(of_extra);
    of_extra.entities.push(replica.with_origin(origin));
    let wanted = vec![(NodeName::master(), of_master), (NodeName::new("extra"), of_extra)];
    let nodes = wanted.iter().zip([(on_master, Some(on_variables)), (on_extra, None)]).map(
        |((node, desired), (text, vars))| {
            let mut observed = Observed::new(Fingerprint::new("x"), entities("node", text));
            observed.variables = vars.map(variables);
            let plan = diff(node, "test", None, "here", desired.clone(), &observed);
            NodeStatus {
                node: node.clone(),
                target: "here".to_owned(),
                read: Ok(ReadNode { plan, observed }),
            }
        },
    );
    let nodes = nodes.collect();
    let status = Status { revision: None, wanted, crossings: Vec::new(), nodes, notes: Vec::new() };
    download(&status, &configuration(), texts)
}

const MASTER_HAS: &str = r#"[{"_id": "a", "type": "pipe", "_updated": 3}, {"_id": "b", "type": "pipe"}]"#;
const EXTRA_HAS: &str =
    r#"[{"_id": "c", "type": "pipe", "metadata": {"node": "extra"}}, {"_id": "r", "type": "pipe"}]"#;
const VARIABLES: &str = r#"{"y": 2, "x": 1}"#;

fn change(download: &Download, path: &str) -> String {
    download.files[path].clone().expect("the file is written")
}

#[test]
fn nothing_is_written_where_nothing_changed() {
    let same = taken(MASTER_HAS, EXTRA_HAS, VARIABLES);
    assert!(same.files.is_empty() && same.removals.is_empty() && same.notes.is_empty(), "{same:?}");
}

#[test]
fn a_change_goes_to_the_file_that_has_the_entity_and_leaves_the_others_of_a_list() {
    let changed = taken(
        &MASTER_HAS.replace(r#""_id": "a","#, r#""_id": "a", "n": 1.5,"#),
        &EXTRA_HAS.replace(r#""_id": "c","#, r#""_id": "c", "n": 2,"#),
        r#"{"x": 7, "y": 2}"#,
    );
    assert_eq!(changed.files.len(), 3, "{changed:?}");
    assert_eq!(
        change(&changed, "node/pipes/sub/a.conf.json"),
        "{\n  \"_id\": \"a\",\n  \"type\": \"pipe\",\n  \"n\": 1.5\n}\n"
    );
    let list = change(&changed, "node/pipes/two.conf.json");
    assert!(
        list.starts_with("[\n  {\"_id\": \"b\",  \"type\": \"pipe\"},\n  {\n    \"_id\": \"c\","),
        "{list}"
    );
    assert_eq!(change(&changed, "node/vars.json"), "{\"x\":   7, \"y\": 2}");
}

#[test]
fn a_new_entity_gets_its_owner_a_file_and_a_line_in_the_whitelist() {
    let added = taken(
        &MASTER_HAS.replace("[{", r#"[{"_id": "d", "type": "pipe"}, {"_id": "new", "type": "pipe"}, {"#),
        &EXTRA_HAS.replace("[{", r#"[{"_id": "s", "type": "system:url"}, {"#),
        VARIABLES,
    );
    assert_eq!(
        change(&added, "node/systems/s.conf.json"),
        "{\n  \"_id\": \"s\",\n  \"type\": \"system:url\",\n  \"metadata\": {\n    \"node\": \"extra\"\n  }\n}\n"
    );
    assert_eq!(
        change(&added, "node/pipes/new.conf.json"),
        "{\n  \"_id\": \"new\",\n  \"type\": \"pipe\"\n}\n"
    );
    assert_eq!(
        change(&added, "node/list.txt"),
        "pipes/sub/a.conf.json\npipes/two.conf.json\npipes/unlisted.conf.json\npipes/new.conf.json\nsystems/s.conf.json\n"
    );
}

#[test]
fn what_left_a_node_is_a_removal_and_what_moved_is_none() {
    let gone = taken(r#"[{"_id": "b", "type": "pipe"}]"#, EXTRA_HAS, r#"{"y": 2}"#);
    assert_eq!(gone.removals, ["pipe a", "variable x"]);
    assert_eq!(gone.files["node/pipes/sub/a.conf.json"], None);
    assert_eq!(change(&gone, "node/list.txt"), "pipes/two.conf.json\n");
    assert!(
        gone.notes[0].message.starts_with("node/other.txt names pipes/sub/a.conf.json"),
        "{:?}",
        gone.notes
    );

    let moved = taken(
        r#"[{"_id": "b", "type": "pipe"}]"#,
        &EXTRA_HAS.replace("[{", r#"[{"_id": "a", "type": "pipe"}, {"#),
        VARIABLES,
    );
    assert!(moved.removals.is_empty(), "{moved:?}");
    assert!(change(&moved, "node/pipes/sub/a.conf.json").contains("\"node\": \"extra\""), "{moved:?}");
    assert_eq!(moved.files.len(), 1, "the file stays where it is: {moved:?}");
}

#[test]
fn a_changed_replica_and_a_second_owner_are_left_out_with_a_warning() {
    let left = taken(
        &MASTER_HAS.replace("[{", r#"[{"_id": "c", "type": "pipe"}, {"#),
        &EXTRA_HAS.replace(r#""_id": "r","#, r#""_id": "r", "n": 1,"#),
        VARIABLES,
    );
    assert!(left.files.is_empty(), "{left:?}");
    let messages: Vec<&str> = left.notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "node master: the pipe c is left out: node extra has it too, and the configuration gives it to that node",
            "node extra: the pipe r is left out: it is a replica; change its template t.json",
        ]
    );
}
