//! Settings and command lines.

use deployer_testkit::canary::Canary;
use deployer_testkit::world::World;
use deployer_tests::scene::{Credentials, Scene};

use crate::{LIMIT, OFFLINE, PROGRAM, SETTINGS, USAGE, check_with, said, with_file};

#[tokio::test(flavor = "multi_thread")]
async fn all_problems_of_a_settings_file_are_told_at_once() {
    let scene = Scene::new();
    let settings = OFFLINE
        .replace("target = false\ntemplates", "target = false\ntemplate")
        .replace("proxy = true", "proxy = \"yes\"")
        + "\n[store.main]\nkind = \"vault\"\n";
    insta::assert_snapshot!(said(&scene, &check_with(&scene, &settings).await, SETTINGS), @r"
    error[settings]: the settings in deployer.toml cannot be used
      [nodes.nett]: unknown key `template`, expected one of `templates`, `proxy`, `secrets`, `upload_variables`, `upload_secrets`, `system_secrets`, `allow_secrets`, `protected`, `keep_orchestrated`, `target`
        at deployer.toml:8:1
        hint: did you mean `templates`?
      [nodes.marked]: unknown key `template`, expected one of `templates`, `proxy`, `secrets`, `upload_variables`, `upload_secrets`, `system_secrets`, `allow_secrets`, `protected`, `keep_orchestrated`, `target`
        at deployer.toml:12:1
        hint: did you mean `templates`?
      [nodes.marked] proxy: expected true or false, found a text
        at deployer.toml:13:9
      [store]: unknown key `store`, expected one of `environment`, `link`, `log_level`, `state`, `log_format`, `source`, `configuration`, `stores`, `secrets`, `nodes`, `verify`, `safety`, `limits`, `watch`, `notify`, `environments`
        at deployer.toml:15:2
        hint: did you mean `stores`?
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_do_not_exist_are_told_with_the_other_mistakes() {
    let scene = Scene::new();
    let settings = OFFLINE.replace("extra_nodes/nett", "extra_nodes/net")
        + "\n[configuration]\nwhitelist = \"deployment/whitelist-tst.txt\"\n"
        + "\n[[notify]]\nkind = \"webhook\"\nsend = \"change\"\nurl = { env = \"HOOK\" }\n";
    insta::assert_snapshot!(said(&scene, &check_with(&scene, &settings).await, SETTINGS), @r#"
    error[settings]: the settings in deployer.toml cannot be used
      [notify 1] send: unknown value `change`, expected one of `always`, `changes`, `failures`
        at deployer.toml:20:8
        hint: did you mean `changes`?
      [notify 1]: `secret` is missing
        at deployer.toml:18:1
      [configuration] whitelist: the file deployment/whitelist-tst.txt does not exist
        at deployer.toml:16:13
        hint: create it, or write `whitelist = false` to deploy every file
      [nodes.nett] templates: the folder extra_nodes/net does not exist
        at deployer.toml:8:13
        hint: the path starts at the root of the source
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_does_not_exist_names_the_nearest() {
    let scene = Scene::new();
    let settings = OFFLINE.to_owned() + "\n[stores.main]\nkind = \"valt\"\n\n[source]\nkind = \"ftp\"\n";
    let shown = said(&scene, &check_with(&scene, &settings).await, SETTINGS);
    assert!(shown.contains("`ftp`; expected `folder`, "), "{shown}");
    // Plugins come without a change here.
    let without_kinds = |line: &str| match line.split_once("; expected `") {
        Some((start, _)) => format!("{start}; expected […]\n"),
        None => format!("{line}\n"),
    };
    insta::assert_snapshot!(shown.lines().map(without_kinds).collect::<String>(), @r"
    error[settings]: the settings in deployer.toml cannot be used
      [source]: unknown source kind `ftp`; expected […]
        at deployer.toml:19:8
        hint: `sesam-deployer plugins` lists the plugins of this build
      [stores.main]: unknown store kind `valt`; expected […]
        at deployer.toml:16:8
        hint: did you mean `vault`?
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_in_a_settings_file_is_refused_and_never_repeated() {
    let canary = Canary::hostile("token");
    let mut scene = Scene::with(World::builder().canary(&canary), Credentials::default(), str::to_owned);
    scene.world.exempt(scene.root.join("deployer.toml"));
    let literal = serde_json::Value::from(canary.value()).to_string();
    let settings = format!(
        "environment = \"test\"\n\n[nodes.master.target]\nkind = \"node\"\nurl = \"{}\"\ntoken = {literal}\n",
        scene.world.node_url()
    );
    insta::assert_snapshot!(said(&scene, &with_file(&scene, &settings, &["plan"]).await, SETTINGS), @r#"
    error[settings]: the settings in deployer.toml cannot be used
      [nodes.master.target] token: the settings must not contain a credential; expected a reference to a credential: { env = "NAME" }, { file = "path" } or { command = ["program", "argument"] }
        at deployer.toml:6:9
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_missing_variables_are_told_at_once() {
    let scene = Scene::new();
    let outcome = scene.world.program(PROGRAM).arg("plan").env("ENVIRONMENT", "test").run(LIMIT).await;
    insta::assert_snapshot!(said(&scene, &outcome, SETTINGS), @r#"
    error[settings]: the environment variables cannot be used
      NODE_FOLDER is missing: expected the folder of `node/` and usually `extra_nodes/`
        hint: for example: /data/configuration
      MASTER_NODE is missing: expected a JSON object
        hint: for example: {"URL": "datahub-0000aaaa.sesam.cloud", "JWT": "…", "UPLOAD_VARIABLES": true, "UPLOAD_SECRETS": true}
      VAULT_URL is missing: expected the address of Vault
        hint: for example: https://vault.example.com
      VAULT_MOUNTING_POINT is missing: expected the mount of the secrets engine, KV version 2
        hint: for example: sesam/kv2
      VAULT_GIT_TOKEN is missing: expected a GitHub token that Vault accepts
        hint: for example: ghp_…
      DRY_RUN is missing: expected `true` or `false`: do everything but the writing
        hint: for example: false
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_line_says_what_is_accepted() {
    let scene = Scene::new();
    let outcome = scene.world.program(PROGRAM).args(["plan", "--fromat", "json"]).run(LIMIT).await;
    insta::assert_snapshot!(said(&scene, &outcome, USAGE), @r"
    error: unexpected argument '--fromat' found

      tip: a similar argument exists: '--format'

    Usage: sesam-deployer plan --format <FORMAT>

    For more information, try '--help'.
    ");
    let outcome = scene.world.program(PROGRAM).run(LIMIT).await;
    let said = said(&scene, &outcome, USAGE);
    assert!(said.contains("Usage: sesam-deployer"), "{said}");
    let last = said.lines().last().unwrap_or_default();
    insta::assert_snapshot!(last, @"error: a command is required. To deploy, run `sesam-deployer deploy`");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_node_names_the_nearest() {
    let scene = Scene::new();
    let outcome = scene.program(PROGRAM).args(["plan", "--node", "net"]).run(LIMIT).await;
    insta::assert_snapshot!(said(&scene, &outcome, SETTINGS), @r#"
    error[settings]: --node: unknown node "net"; expected one of master, marked, nett
      hint: did you mean "nett"?
    "#);
}
