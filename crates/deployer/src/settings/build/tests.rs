use std::sync::Mutex;

use async_trait::async_trait;
use deployer_core::error::Place;
use deployer_core::model::{NodePlan, Observed, Report, Revision};
use deployer_core::plugin::{Credential, ProcessVariables, SettingsType};
use deployer_core::traits::{
    LeasePlace, PutCondition, PutOutcome, SecretAddress, SecretRead, Secrets, Snapshot, StatePlace, Step,
    StoredObject, TargetCapabilities, WantedSecret,
};

use super::*;
use crate::settings::Asked;

/// Stands for every plugin: what it was told, to be looked at.
#[derive(Debug)]
struct Fake(String);

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct FakeSettings {
    #[serde(default)]
    path: String,
    #[serde(default)]
    token: Option<Credential>,
}

fn fake(section: Section<'_>, context: &Context) -> Result<Arc<Fake>> {
    let name = section.name().to_owned();
    let settings: FakeSettings = section.read()?;
    BUILT.lock().unwrap().push(name.clone());
    if let Some(token) = settings.token {
        token.resolve(context)?;
    }
    Ok(Arc::new(Fake(format!("{name} {}", settings.path))))
}

/// The names of the sections that were built, by all tests.
static BUILT: Mutex<Vec<String>> = Mutex::new(Vec::new());

const fn plugin(kind: &'static str, build: Build) -> Plugin {
    Plugin::new(kind, deployer_core::origin!(), SettingsType::of::<FakeSettings>(), build)
}

static FOLDER: Plugin = plugin("folder", Build::Source(|section, context| Ok(fake(section, context)?)));
static VAULT: Plugin = plugin("vault", Build::Store(|section, context| Ok(fake(section, context)?)));
static STRANGER: Plugin = plugin("acme", Build::Store(|section, context| Ok(fake(section, context)?)));
static NODE: Plugin = plugin("node", Build::Target(|section, context| Ok(fake(section, context)?)));
static SLACK: Plugin = plugin("slack", Build::Notifier(|section, context| Ok(fake(section, context)?)));
static BUCKET: Plugin = plugin("bucket", Build::State(|section, context| Ok(fake(section, context)?)));
const ALL: &[Family] = &[Family::Source, Family::Store, Family::Target, Family::Notify, Family::State];

const FILE: &str = r#"environment = "test"
[stores.main]
kind = "vault"
token = { env = "TOKEN" }
[nodes.master.target]
kind = "node"
path = "base"
[[notify]]
kind = "slack"
send = "failures"
[environments.prod.nodes.master.target]
path = "prod"
"#;

fn build_as(text: &str, environment: &str, families: &[Family]) -> Result<Built> {
    let variables: ProcessVariables = [("TOKEN", "canary-canary")].into_iter().collect();
    let settings = Settings::from_file("deployer.toml", text, Some(environment), &variables)?;
    let context = Context::new(environment).with_variables(variables);
    settings.build(&[&FOLDER, &VAULT, &STRANGER, &NODE, &SLACK, &BUCKET], &context, families)
}

fn build(text: &str) -> Result<Built> {
    build_as(text, "test", ALL)
}

fn refusal(text: &str) -> String {
    let shown = format!("{:?}", build(text).unwrap_err());
    assert!(!shown.contains("canary"), "{shown}");
    shown
}

#[test]
fn every_section_goes_to_its_plugin_without_its_kind() {
    let built = build(FILE).unwrap();
    let deployment = &built.deployment;
    assert_eq!(deployment.source.location(), "source .");
    assert_eq!(deployment.stores["main"].location(), "stores.main ");
    assert_eq!(deployment.nodes[0].target.as_ref().unwrap().location(), "nodes.master.target base");
    assert_eq!(built.notifiers[0].notifier.location(), "notify 1 ");
    assert_eq!(built.notifiers[0].send, SendWhen::Failures);
    assert_eq!(deployment.nodes[0].stores, ["main"]);
}

#[test]
fn an_environment_reaches_the_plugins() {
    let built = build_as(FILE, "prod", ALL).unwrap();
    assert_eq!(built.deployment.nodes[0].target.as_ref().unwrap().location(), "nodes.master.target prod");
}

#[test]
fn only_the_families_that_are_asked_for_are_built() {
    let text = FILE.replace("\"TOKEN\"", "\"ABSENT\"");
    let built = build_as(&text, "test", &[Family::Source]).unwrap();
    assert!(built.deployment.stores.is_empty() && built.notifiers.is_empty());
    assert!(built.deployment.nodes[0].target.is_none());
    assert!(refusal(&text).contains("set the environment variable ABSENT"));
}

#[test]
fn state_is_a_folder_or_the_section_of_a_place() {
    let built = build(&format!("state = \"kept\"\n{FILE}")).unwrap();
    assert!(built.state.is_none());
    let text =
        format!("{FILE}[state]\nkind = \"bucket\"\npath = \"p\"\n[environments.dev]\nstate = \"kept\"\n");
    let built = build(&text).unwrap();
    assert_eq!(built.state.unwrap().leases().location(), "state p");
    assert!(build_as(&text, "test", &[Family::Source]).unwrap().state.is_none());
    assert!(build_as(&text, "dev", ALL).unwrap().state.is_none(), "the folder replaces the place");
    let shown = refusal(&format!("{FILE}[state]\npath = \"p\"\n"));
    assert!(shown.contains("[state]: `kind` is missing") && shown.contains("deployer.toml:13:1"), "{shown}");
    let shown = refusal(&format!("state = 7\n{FILE}"));
    assert!(shown.contains("expected the path of a folder, or a table with a `kind`"), "{shown}");
}

#[test]
fn a_store_that_no_node_reads_is_not_built() {
    let text = FILE.replace(
        "[nodes.master.target]",
        "[stores.unread]\nkind = \"vault\"\n[nodes.master]\nsecrets = [\"main\"]\n[nodes.master.target]",
    );
    assert_eq!(build(&text).unwrap().deployment.stores.len(), 1);
    assert!(!BUILT.lock().unwrap().contains(&"stores.unread".to_owned()));
}

#[test]
fn all_problems_are_told_at_once_with_their_places() {
    let text =
        FILE.replace("path = \"base\"", "pth = \"base\"").replace("kind = \"slack\"", "kind = \"slak\"");
    let shown = refusal(&text);
    assert!(
        shown.contains("[nodes.master.target]: unknown key `pth`") && shown.contains("deployer.toml:7:1"),
        "{shown}"
    );
    assert!(
        shown.contains("unknown notifier kind `slak`; expected `slack`")
            && shown.contains("deployer.toml:9:8"),
        "{shown}"
    );
    assert!(shown.contains("did you mean `path`?") && shown.contains("did you mean `slack`?"), "{shown}");
}

#[test]
fn a_plugin_of_the_source_tree_that_is_not_in_the_build_names_its_feature() {
    let text = FILE.replace("kind = \"node\"\npath = \"base\"", "kind = \"git\"");
    let shown = refusal(&text);
    assert!(shown.contains("[nodes.master.target]: `git` is not in this build"), "{shown}");
    assert!(shown.contains("add `target-git` to the features of its distribution file"), "{shown}");
}

#[test]
fn the_command_that_adds_a_plugin_names_those_that_are_there_already() {
    let node = if cfg!(feature = "embedded-node") { "embedded-node," } else { "" };
    let watch = if cfg!(feature = "watch") { "watch," } else { "" };
    let connectors = if cfg!(feature = "connectors") { "connectors," } else { "" };
    let sso = if cfg!(feature = "aws-sso") { "aws-sso," } else { "" };
    let encrypted = if cfg!(feature = "encrypted-files") { "encrypted-files," } else { "" };
    let expected = format!(
        "build it with the feature `target-git`: `cargo xtask build --features {node}{watch}{connectors}{sso}{encrypted}source-folder,store-vault,target-git`"
    );
    assert_eq!(how_to_build("target-git", &[&FOLDER, &VAULT]), expected);
}

#[test]
fn plugins_of_other_makers_are_used_and_suggested() {
    assert!(build(&FILE.replace("\"vault\"", "\"acme\"")).is_ok());
    assert!(refusal(&FILE.replace("\"vault\"", "\"acne\"")).contains("did you mean `acme`?"));
}

#[test]
fn the_place_of_a_problem_with_environment_variables_is_the_variable() {
    let variables: ProcessVariables = [
        ("NODE_FOLDER", "/data"),
        ("ENVIRONMENT", "test"),
        ("VERIFY_SECRETS", "false"),
        (
            "MASTER_NODE",
            r#"{"URL": "n", "JWT": "canary-canary", "UPLOAD_VARIABLES": true, "UPLOAD_SECRETS": false}"#,
        ),
    ]
    .into_iter()
    .collect();
    let settings = Settings::from_variables(Asked::new(None, &variables)).unwrap();
    let error = settings.build(&[&FOLDER, &NODE], &Context::new("test"), ALL).unwrap_err();
    let mut problems = error.related().iter();
    let problem = problems.find(|problem| problem.message().contains("unknown key `url`")).unwrap();
    assert_eq!(problem.places(), [Place::file("MASTER_NODE.URL")]);
}

#[cfg(feature = "all")]
#[test]
fn what_the_door_of_variables_writes_is_what_the_plugins_read() {
    let master = r#"{"URL": "n.example", "JWT": "a.b.c", "UPLOAD_VARIABLES": true, "UPLOAD_SECRETS": true, "CONFIG_GROUP": "g"}"#;
    let extra = r#"{"a.b": {"EXTRA_NODE_GIT_URL": "g.example/a.git", "EXTRA_NODE_GIT_USERNAME": "u", "EXTRA_NODE_GIT_TOKEN": "t",
        "EXTRA_NODE_GIT_BRANCH": "main", "EXTRA_NODE_TEMPLATE_PATH": "extra_nodes/a/"},
        "c": {"EXTRA_NODE_GIT_URL": "http://g.example/c.git", "EXTRA_NODE_TEMPLATE_PATH": "t"}}"#;
    for auth in ["git-token", "approle"] {
        let variables: ProcessVariables = [
            ("NODE_FOLDER", "."),
            ("ENVIRONMENT", "test"),
            ("MASTER_NODE", master),
            ("EXTRA_NODES", extra),
            ("VAULT_AUTH", auth),
            ("VAULT_URL", "http://vault.internal:8200"),
            ("VAULT_MOUNTING_POINT", "sesam/kv2"),
            ("VAULT_PATH_PREFIX", "manual/"),
            ("VAULT_GIT_TOKEN", "ghp_x"),
            ("VAULT_APPROLE_ID", "role"),
            ("SLACK_API_TOKEN", "xoxb-1"),
            ("SLACK_CHANNEL", "C1"),
            ("ALLOW_HTTP", "true"),
        ]
        .into_iter()
        .collect();
        let settings = Settings::from_variables(Asked::new(None, &variables)).unwrap();
        let context = Context::new("test").with_variables(variables);
        let table = crate::plugins::table(&[]).unwrap();
        let built = settings.build(&table, &context, ALL).unwrap_or_else(|error| panic!("{error:?}"));
        assert!(built.deployment.nodes.iter().all(|node| node.target.is_some()));
        assert_eq!((built.deployment.stores.len(), built.notifiers.len()), (1, 1));
    }
}

#[async_trait]
impl ConfigSource for Fake {
    fn location(&self) -> String {
        self.0.clone()
    }

    async fn revision(&self) -> Result<Option<Revision>> {
        Ok(None)
    }

    async fn fetch(&self) -> Result<Arc<dyn Snapshot>> {
        Err(Error::new(Kind::NotFound, "nothing is here"))
    }
}

#[async_trait]
impl SecretStore for Fake {
    fn location(&self) -> String {
        self.0.clone()
    }

    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        Ok(SecretAddress::new(secret.name.as_str()))
    }

    fn reads<'a>(&'a self, _: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl NodeTarget for Fake {
    fn location(&self) -> String {
        self.0.clone()
    }

    fn capabilities(&self) -> TargetCapabilities {
        TargetCapabilities::default()
    }

    async fn observe(&self) -> Result<Observed> {
        Err(Error::new(Kind::NotFound, "nothing is here"))
    }

    async fn prepare(&self, _: &NodePlan, _: &Secrets) -> Result<Vec<Box<dyn Step>>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl LeasePlace for Fake {
    fn location(&self) -> String {
        self.0.clone()
    }

    async fn get(&self, _: &str) -> Result<Option<StoredObject>> {
        Ok(None)
    }

    async fn put(&self, _: &str, _: Vec<u8>, _: PutCondition) -> Result<PutOutcome> {
        Ok(PutOutcome::ConditionFailed)
    }
}

#[async_trait]
impl StatePlace for Fake {
    async fn list(&self, _: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn delete(&self, _: &str) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl Notifier for Fake {
    fn location(&self) -> String {
        self.0.clone()
    }

    async fn deliver(&self, _: &Report) -> Result<()> {
        Ok(())
    }

    async fn test(&self) -> Result<()> {
        Ok(())
    }
}
