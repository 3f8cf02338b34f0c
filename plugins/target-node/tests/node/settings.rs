//! The settings, and what of them can be checked without a network.

use crate::common::{TOKEN, World, build, deploy, desired};
use deployer_core::Kind;
use deployer_core::document::SourceText;
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::NodeTarget;
use deployer_target_node::NODE;

#[test]
fn the_example_builds_and_names_its_place() {
    let target = build(NODE.example, "jwt").unwrap();
    assert_eq!(target.location(), "https://datahub-0000aaaa.sesam.cloud");
    assert!(!target.capabilities().config_group);
    assert!(
        target.capabilities().can_refuse && target.capabilities().variables && target.capabilities().secrets
    );
}

#[test]
fn a_group_is_told_in_the_place() {
    let target = build(&format!("{}group = \"sales\"", NODE.example), "jwt").unwrap();
    assert_eq!(target.location(), "https://datahub-0000aaaa.sesam.cloud, config group sales");
    assert!(target.capabilities().config_group);
}

#[test]
fn a_typo_is_refused_with_its_line_and_the_keys_that_are_known() {
    let error = build(&NODE.example.replace("token", "tokken"), "jwt").unwrap_err();
    assert_eq!(error.kind(), Kind::Settings);
    assert_eq!(error.places()[0].to_string(), "deployer.toml:2:1");
    assert!(error.message().contains("tokken") && error.message().contains("`token`"), "{error}");
}

#[test]
fn what_cannot_work_is_refused_before_anything_runs() {
    for (settings, token, expected) in [
        ("url = \"https://u:p4ssw0rd@host\"\ntoken = { env = \"SESAM_JWT\" }", "jwt", "password"),
        ("url = \"http://host.example\"\ntoken = { env = \"SESAM_JWT\" }", "jwt", "http://"),
        ("url = \"host\"\ntoken = \"eyJhbGciOi\"", "jwt", "reference to a credential"),
        ("url = \"host\"\ntoken = { env = \"SESAM_JWT\" }", "", "SESAM_JWT"),
        ("url = \"host\"\ntoken = { env = \"SESAM_JWT\" }\ngroup = \"..\"", "jwt", "`group`"),
        ("url = \"host\"\ntoken = { env = \"SESAM_JWT\" }\nforce = \"always\"", "jwt", "after-refusal"),
    ] {
        let error = build(settings, token).unwrap_err();
        let shown = format!("{error:?}");
        assert_eq!(error.kind(), Kind::Settings, "{shown}");
        assert!(shown.contains(expected), "{expected}: {shown}");
        assert!(!shown.contains("p4ssw0rd") && !shown.contains("eyJhbGciOi"), "{shown}");
    }
}

#[test]
fn nothing_shows_the_token() {
    let target = build(NODE.example, "Bearer e30.secretpayload.sig").unwrap();
    assert!(!format!("{target:?}").contains("secretpayload"));
}

/// Builds the plugin with relative paths from a folder.
fn build_in(
    folder: &std::path::Path,
    settings: &str,
) -> deployer_core::Result<std::sync::Arc<dyn NodeTarget>> {
    let context = Context::new("test").with_folder(folder.to_owned());
    let source = SourceText::new("deployer.toml", settings);
    let Build::Target(build) = NODE.build else { panic!("a target") };
    build(Section::parse("nodes.master.target", &source)?, &context)
}

#[tokio::test]
async fn the_nearest_syncconfig_is_read_where_the_settings_ask_for_it() {
    let world = World::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let below = folder.path().join("team/settings");
    std::fs::create_dir_all(&below).expect("a folder");
    let file = folder.path().join(".syncconfig");
    std::fs::write(&file, format!("NODE=\"{}\"\nJWT=\"Bearer {TOKEN}\"\n", world.server.url("/api")))
        .expect("a file");

    for settings in ["syncconfig = true", "syncconfig = '../../.syncconfig'"] {
        let target = build_in(&below, settings).expect("the file is found");
        assert_eq!(
            deploy(&*target, desired(Vec::new(), Some("{\"x\": 1}"), &[])).await.expect("a write").len(),
            1
        );
        world.node.set_env(Default::default()).expect("a node in memory");
        assert!(!format!("{target:?}").contains(TOKEN));
    }
    let target =
        build_in(&below, "syncconfig = true\nurl = \"other.example\"").expect("the settings go first");
    assert_eq!(target.location(), "https://other.example");

    for settings in ["", "syncconfig = false"] {
        let error = build_in(&below, settings).expect_err("nobody asked for the file");
        assert_eq!(error.message(), "[nodes.master.target]: `url` is missing");
        assert!(error.hints()[0].contains("syncconfig = true") && !error.places().is_empty(), "{error:?}");
    }
    let error = build_in(&below, "syncconfig = 'none'").expect_err("there is no such file");
    assert!(error.message().contains("none cannot be read"), "{error:?}");
    std::fs::write(&file, "NODE=x\n").expect("a file");
    let error = build_in(&below, "syncconfig = true").expect_err("the token is missing");
    assert_eq!(error.hints(), ["set `token`, or JWT in the .syncconfig"]);
}
