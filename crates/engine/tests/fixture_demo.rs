//! The demo configuration (`fixtures/demo`): what becomes of it is written down here, node by node.

mod configuration;

use std::path::{Path, PathBuf};

use configuration::{Configuration, Extra};
use deployer_core::document::{SourceText, Value};
use deployer_core::format;
use deployer_core::model::{Entity, NodeName, SecretName, Variables};
use deployer_engine::connect::{Connected, LinkRule, TemplateKind};
use deployer_engine::stages::{missing_variables, unused_variables, uses};

fn demo() -> Configuration {
    Configuration(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/demo"))
}

fn connected(list: &str, rule: LinkRule) -> Connected {
    let extra =
        |name: &str, proxy| Extra { name: name.into(), templates: format!("extra_nodes/{name}"), proxy };
    let connected = demo().connected(list, &[extra("nett", false), extra("marked", true)], rule);
    assert!(connected.problems.is_empty(), "{:?}", connected.problems);
    assert!(connected.notes.is_empty(), "{:?}", connected.notes);
    demo().assert_valid(&connected, &demo().variables("variables/variables-test.json"));
    connected
}

fn nodes(connected: Connected) -> Vec<(NodeName, Vec<Entity>)> {
    [(NodeName::master(), connected.master)].into_iter().chain(connected.extras).collect()
}

fn ids(entities: &[Entity]) -> Vec<&str> {
    entities.iter().map(|entity| &**entity.id()).collect()
}

const MASTER: [&str; 15] = [
    "node",
    "crm",
    "arkiv",
    "marked-proxy",
    "crm-kunde",
    "crm-avtale",
    "global-kunde",
    "global-måler",
    "kraftpris-snitt",
    "avbrudd-varsel",
    "kunde-nett",
    "avtale-nett",
    "prognose-marked",
    "prognose-marked-levering",
    "faktura-arkiv",
];

const REPLICAS_ON_MASTER: [&str; 13] = [
    "nett-anlegg",
    "nett-måler",
    "nett-avbrudd",
    "kunde-nett-to-nett",
    "kunde-nett-to-nett-count",
    "avtale-nett-to-nett",
    "avtale-nett-to-nett-count",
    "nett-autodeployer",
    "nett-node",
    "marked-spotpris",
    "marked-spotpris-age",
    "marked-balanse",
    "marked-balanse-age",
];

const NETT: [&str; 14] = [
    "nett-scada",
    "nett-anlegg",
    "nett-måler",
    "nett-avbrudd",
    "nett-abonnement",
    "nett-anlegg-to-master",
    "nett-måler-to-master",
    "nett-avbrudd-to-master",
    "to-master",
    "from-master",
    "master-health",
    "kunde-nett",
    "avtale-nett",
    "node",
];

const MARKED: [&str; 11] = [
    "marked-børs",
    "marked-spotpris",
    "marked-balanse",
    "marked-bud",
    "marked-spotpris-published",
    "marked-balanse-published",
    "master-status",
    "master-datasets",
    "master-log",
    "prognose-marked",
    "node",
];

#[test]
fn every_node_gets_its_entities_and_replicas_under_both_link_rules() {
    for rule in [LinkRule::Seed, LinkRule::Full] {
        let connected = connected("whitelist-prod.txt", rule);
        assert_eq!(ids(&connected.master), [MASTER.as_slice(), &REPLICAS_ON_MASTER].concat());
        let extras: Vec<(&str, Vec<&str>)> =
            connected.extras.iter().map(|(name, entities)| (name.as_str(), ids(entities))).collect();
        assert_eq!(extras, [("nett", NETT.to_vec()), ("marked", MARKED.to_vec())]);
    }
}

#[test]
fn the_test_environment_has_a_draft_and_ci_puts_everything_on_one_node() {
    let master = connected("whitelist-test.txt", LinkRule::Seed).master;
    let with_draft = [MASTER.as_slice(), &["utkast-tariff"], &REPLICAS_ON_MASTER].concat();
    assert_eq!(ids(&master), with_draft);
    let everything = [MASTER.as_slice(), &["utkast-tariff"], &NETT[..5], &MARKED[..4]].concat();
    assert_eq!(ids(&demo().entities("whitelist-master.txt")), everything);
}

#[test]
fn placeholders_keep_their_types_and_none_is_left() {
    let nodes = nodes(connected("whitelist-prod.txt", LinkRule::Seed));
    for (node, entities) in &nodes {
        let left: Vec<&str> = entities
            .iter()
            .filter(|entity| format::compact(entity.value()).contains("##"))
            .map(|entity| &**entity.id())
            .collect();
        assert_eq!(left, Vec::<&str>::new(), "on {node}");
    }
    let at = |node: usize, id: &str, path: &str| {
        let entity = nodes[node].1.iter().find(|entity| &**entity.id() == id).unwrap();
        format::compact(&entity.at_path(path).unwrap_or_else(|| panic!("{id} has no {path}")).value)
    };
    let expected = [
        ((0, "nett-avbrudd", "batch_size"), "25"),
        ((0, "nett-avbrudd", "sink.dataset"), r#""avbrudd""#),
        ((0, "nett-avbrudd", "metadata.contract.personal_data"), "false"),
        ((0, "kunde-nett-to-nett-count", "metadata.counts.kunde-nett"), r#""nett-abonnement""#),
        ((0, "kunde-nett-to-nett-count", "metadata.kunde-nett-steps.1"), r#"["remove","*fødselsnummer"]"#),
        ((0, "nett-autodeployer", "docker.environment.NODE"), r#""nett""#),
        ((1, "kunde-nett", "metadata.inputs"), r#"["kunde-nett kn","avtale-nett an"]"#),
        (
            (1, "avtale-nett", "description"),
            r#""nett-abonnement reads it with kunde-nett kn first (version 2)""#,
        ),
        ((1, "master-health", "jwt_token"), r#""$SECRET(master-jwt)""#),
        ((2, "prognose-marked", "metadata.leaves-through"), r#""marked-børs""#),
    ];
    for ((node, id, path), value) in expected {
        assert_eq!(at(node, id, path), value, "{id}: {path}");
    }
}

#[test]
fn every_node_names_its_secrets_and_every_variable_exists_and_is_used() {
    let nodes = nodes(connected("whitelist-prod.txt", LinkRule::Seed));
    let secrets =
        nodes.iter().map(|(_, entities)| -> Vec<SecretName> { uses(entities).secrets.into_keys().collect() });
    let names = |names: &[&str]| names.iter().copied().map(SecretName::from).collect::<Vec<_>>();
    let expected = [
        names(&["arkiv-password", "crm-token", "marked-jwt", "nett-git-token", "nett-jwt"]),
        names(&["master-jwt", "scada-api-key"]),
        names(&["exchange-token", "master-jwt"]),
    ];
    assert_eq!(secrets.collect::<Vec<_>>(), expected);

    let all: Vec<Entity> = nodes.into_iter().flat_map(|(_, entities)| entities).collect();
    for file in ["variables/variables-test.json", "variables/variables-prod.json", "test-env.json"] {
        let variables: Variables = demo().variables(file);
        let missing = missing_variables(&[uses(&all)], &variables, &[file.to_owned()]);
        assert!(missing.is_empty(), "{missing:?}");
        assert_eq!(unused_variables(&[uses(&all)], &variables), None, "{file}");
    }
}

#[test]
fn all_eight_templates_are_there_and_all_files_stand_as_the_portal_formats_them() {
    let root = demo().0;
    for kind in TemplateKind::ALL {
        assert!(root.join("extra_nodes/nett").join(kind.file_name()).is_file(), "{}", kind.file_name());
    }
    let files = json_files(&root);
    assert!(files.len() > 40, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let value: Value = SourceText::new("fixture", text.as_str()).parse().unwrap().root.value;
        assert_eq!(text, format::portal(&value), "{}", file.display());
    }
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(json_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files
}
