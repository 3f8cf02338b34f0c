//! Bad input, through the whole program: the place, the reason, what to do next, and the exit code. Never a panic.

use std::time::Duration;

use deployer_testkit::canary::Canary;
use deployer_testkit::world::{Outcome, World};
use deployer_tests::scene::{Credentials, Scene};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);

const DONE: Option<i32> = Some(0);
const VERIFICATION: Option<i32> = Some(3);
const USAGE: Option<i32> = Some(64);
const SETTINGS: Option<i32> = Some(78);

/// A file of the whitelist.
const PIPE: &str = "node/pipes/crm-kunde.conf.json";
const WHITELIST: &str = "node/deployment/whitelist-test.txt";
const VARIABLES: &str = "node/variables/variables-test.json";

/// Settings in a file for the commands that talk to nobody.
const OFFLINE: &str = r#"environment = "test"

[nodes.master]
target = false

[nodes.nett]
target = false
templates = "extra_nodes/nett"

[nodes.marked]
target = false
templates = "extra_nodes/marked"
proxy = true
"#;

async fn run(scene: &Scene, command: &str) -> Outcome {
    scene.program(PROGRAM).arg(command).run(LIMIT).await
}

/// `check` with the settings of a file, run in the root of the configuration.
async fn check_with(scene: &Scene, settings: &str) -> Outcome {
    with_file(scene, settings, &["check"]).await
}

async fn with_file(scene: &Scene, settings: &str, arguments: &[&str]) -> Outcome {
    scene.write("deployer.toml", settings);
    scene.world.program(PROGRAM).args(arguments).current_dir(&scene.root).run(LIMIT).await
}

/// What a command said on standard error, addresses made equal.
///
/// # Panics
/// When it ended otherwise.
#[track_caller]
fn said(scene: &Scene, outcome: &Outcome, code: Option<i32>) -> String {
    assert_eq!(outcome.code(), code, "{}", outcome.stderr());
    outcome.stderr().replace(&scene.world.server().address().to_string(), "[address]")
}

/// What `check` and `plan` say alike when both refuse the configuration.
async fn refusal(scene: &Scene) -> String {
    let [check, plan] = [run(scene, "check").await, run(scene, "plan").await];
    assert_eq!((check.stdout(), plan.stdout()), (String::new(), String::new()), "there is no result");
    let refusal = said(scene, &check, VERIFICATION);
    assert_eq!(said(scene, &plan, VERIFICATION), refusal);
    refusal
}

fn list(scene: &Scene, line: &str) {
    scene.write(WHITELIST, &format!("{}\n{line}\n", scene.read(WHITELIST)));
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_json_is_pointed_at() {
    let scene = Scene::new();
    scene.write(PIPE, "{\n  \"_id\": \"crm-kunde\",\n  \"type\" \"pipe\"\n}\n");
    insta::assert_snapshot!(refusal(&scene).await, @r#"
    error[verification]: pipes/crm-kunde.conf.json is not valid JSON: expected `:` after the key, found `"`
      at pipes/crm-kunde.conf.json:3:10
      hint: correct the file at this place, or a little before it
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_json_in_a_file_that_nobody_selected_does_not_matter() {
    let scene = Scene::new();
    scene.write("node/pipes/nobody-selected-this.conf.json", "{");
    let outcome = run(&scene, "plan").await;
    insta::assert_snapshot!(said(&scene, &outcome, DONE), @"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_key_is_a_warning_for_the_originals_variables_and_an_error_for_a_settings_file() {
    let scene = Scene::new();
    let twice = scene.read(PIPE).replacen('{', "{\n  \"description\": \"first\",", 1);
    scene.write(PIPE, &twice);
    insta::assert_snapshot!(said(&scene, &run(&scene, "check").await, DONE), @r#"
    warning: the key "description" stands twice in one object, first at pipes/crm-kunde.conf.json:2:3; the last one counts
      at pipes/crm-kunde.conf.json:5:3
    "#);
    insta::assert_snapshot!(said(&scene, &check_with(&scene, OFFLINE).await, VERIFICATION), @r#"
    error[verification]: the key "description" stands twice in one object, first at pipes/crm-kunde.conf.json:2:3
      at pipes/crm-kunde.conf.json:5:3
      hint: remove one of them: Sesam keeps only the last
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_whitelist_names_must_exist() {
    let scene = Scene::new();
    list(&scene, "pipes/crm-kunder.conf.json\nsomewhere/else.json");
    insta::assert_snapshot!(refusal(&scene).await, @r#"
    error[verification]: 2 problems were found; nothing was written
      the whitelist names "pipes/crm-kunder.conf.json", which does not exist
        at node/deployment/whitelist-test.txt:31
        hint: did you mean "pipes/crm-kunde.conf.json"?
      the whitelist names "somewhere/else.json", which does not exist
        at node/deployment/whitelist-test.txt:32
        hint: create the file, or remove the line from the whitelist
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_that_leave_the_node_folder_are_refused() {
    let scene = Scene::new();
    list(&scene, "../extra_nodes/nett/node-metadata.conf.json\n/etc/hosts");
    insta::assert_snapshot!(refusal(&scene).await, @r#"
    error[verification]: the whitelist names paths outside the node folder
      "../extra_nodes/nett/node-metadata.conf.json" leaves the node folder
        at node/deployment/whitelist-test.txt:31
        hint: name a file below the node folder, such as pipes/name.conf.json
      "/etc/hosts" leaves the node folder
        at node/deployment/whitelist-test.txt:32
        hint: name a file below the node folder, such as pipes/name.conf.json
    "#);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_leaves_the_configuration_is_refused() {
    let scene = Scene::new();
    let outside = scene.world.write("outside.json", "{\"_id\": \"outside\", \"type\": \"pipe\"}");
    std::os::unix::fs::symlink(outside, scene.root.join("node/pipes/link.conf.json")).unwrap();
    list(&scene, "pipes/link.conf.json");
    insta::assert_snapshot!(refusal(&scene).await, @r#"
    error[verification]: read "node/pipes/link.conf.json": the path leaves the folder of the configuration
      at node/deployment/whitelist-test.txt:31
      hint: name a file below that folder; no `..`, no absolute path, no link that points outside
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_no_node_takes_or_none_at_all_is_refused() {
    let scene = Scene::new();
    scene.write(PIPE, "[\n  {\"_id\": \"crm/kunde\", \"type\": \"pipe\"},\n  {\"type\": \"pipe\"},\n  {\"_id\": 7},\n  \"text\"\n]\n");
    insta::assert_snapshot!(refusal(&scene).await, @r#"
    error[verification]: 4 problems were found; nothing was written
      `_id` "crm/kunde" cannot be a file name
        at pipes/crm-kunde.conf.json:2:11
        hint: Sesam allows no `/` in an `_id`; `\`, control characters, `.` and `..` are refused as well
      the entity has no `_id`
        at pipes/crm-kunde.conf.json:3:3
        hint: add `"_id": "name"`; an `_id` is unique on its node
      `_id` must be a text that is not empty, this is a number
        at pipes/crm-kunde.conf.json:4:11
        hint: put the name of the entity in double quotes
      an entity must be an object, this is a text
        at pipes/crm-kunde.conf.json:5:3
        hint: a configuration file holds one entity `{"_id": …}` or a list of them
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_different_entities_with_one_id_are_refused() {
    let scene = Scene::new();
    scene
        .write(PIPE, "{\"_id\": \"crm-avtale\", \"type\": \"pipe\", \"source\": {\"type\": \"embedded\"}}\n");
    list(&scene, "systems/twin-of-a-replica.conf.json");
    scene.write(
        "node/systems/twin-of-a-replica.conf.json",
        "{\n  \"_id\": \"nett-node\",\n  \"type\": \"system:url\"\n}\n",
    );
    insta::assert_snapshot!(refusal(&scene).await, @r#"
    error[verification]: 2 problems were found; nothing was written
      node master: two different entities have the _id "crm-avtale"
        at pipes/crm-kunde.conf.json:1:1
        at pipes/crm-avtale.conf.json:1:1
        one comes from pipes/crm-kunde.conf.json, the other from pipes/crm-avtale.conf.json
        hint: rename one of them; a node keeps only one entity of an _id
      node master: two different entities have the _id "nett-node"
        at systems/twin-of-a-replica.conf.json:1:1
        at extra_nodes/nett/system_on_master_from_extra_to_master.json:1:1
        one comes from systems/twin-of-a-replica.conf.json, the other from template extra_nodes/nett/system_on_master_from_extra_to_master.json
        hint: rename one of them; a node keeps only one entity of an _id
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn identical_twins_are_a_warning() {
    let scene = Scene::new();
    scene.write("node/pipes/twin.conf.json", &scene.read(PIPE));
    list(&scene, "pipes/twin.conf.json");
    insta::assert_snapshot!(said(&scene, &run(&scene, "check").await, DONE), @r#"
    warning: node master: "crm-kunde" stands twice with equal content and counts once
      at pipes/crm-kunde.conf.json:1:1
      at pipes/twin.conf.json:1:1
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_with_a_path_that_its_pipe_does_not_have_is_refused() {
    let scene = Scene::new();
    let template = "extra_nodes/nett/pipe_on_master_from_extra_to_master.json";
    scene.write(
        template,
        &scene.read(template).replace("INBOUND_PARENT_PIPE.sink.dataset", "INBOUND_PARENT_PIPE.sink.datset"),
    );
    insta::assert_snapshot!(refusal(&scene).await, @r#"
    error[verification]: 3 problems were found; nothing was written
      the template extra_nodes/nett/pipe_on_master_from_extra_to_master.json cannot be filled in for pipe nett-anlegg
        ##INBOUND_PARENT_PIPE.sink.datset## has no value: the inbound parent pipe "nett-anlegg" has no "sink.datset"
          at extra_nodes/nett/pipe_on_master_from_extra_to_master.json:4:18
          at pipes/nett-anlegg.conf.json:1:1
          hint: add "sink.datset" to pipe "nett-anlegg", or another path to the template
        ##INBOUND_PARENT_PIPE.sink.datset## has no value: the inbound parent pipe "nett-anlegg" has no "sink.datset"
          at extra_nodes/nett/pipe_on_master_from_extra_to_master.json:10:16
          at pipes/nett-anlegg.conf.json:1:1
          hint: add "sink.datset" to pipe "nett-anlegg", or another path to the template
      the template extra_nodes/nett/pipe_on_master_from_extra_to_master.json cannot be filled in for pipe nett-måler
        ##INBOUND_PARENT_PIPE.sink.datset## has no value: the inbound parent pipe "nett-måler" has no "sink.datset"
          at extra_nodes/nett/pipe_on_master_from_extra_to_master.json:4:18
          at pipes/nett-måler.conf.json:1:1
          hint: add "sink.datset" to pipe "nett-måler", or another path to the template
        ##INBOUND_PARENT_PIPE.sink.datset## has no value: the inbound parent pipe "nett-måler" has no "sink.datset"
          at extra_nodes/nett/pipe_on_master_from_extra_to_master.json:10:16
          at pipes/nett-måler.conf.json:1:1
          hint: add "sink.datset" to pipe "nett-måler", or another path to the template
      the template extra_nodes/nett/pipe_on_master_from_extra_to_master.json cannot be filled in for pipe nett-avbrudd
        ##INBOUND_PARENT_PIPE.sink.datset## has no value: the inbound parent pipe "nett-avbrudd" has no "sink.datset"
          at extra_nodes/nett/pipe_on_master_from_extra_to_master.json:4:18
          at pipes/nett-avbrudd.conf.json:1:1
          hint: add "sink.datset" to pipe "nett-avbrudd", or another path to the template
        ##INBOUND_PARENT_PIPE.sink.datset## has no value: the inbound parent pipe "nett-avbrudd" has no "sink.datset"
          at extra_nodes/nett/pipe_on_master_from_extra_to_master.json:10:16
          at pipes/nett-avbrudd.conf.json:1:1
          hint: add "sink.datset" to pipe "nett-avbrudd", or another path to the template
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_nesting_is_refused() {
    let scene = Scene::new();
    const DEPTH: usize = 100_000;
    scene.write(
        PIPE,
        &format!("{{\"_id\": \"crm-kunde\",\n\"x\": {}{}}}", "[".repeat(DEPTH), "]".repeat(DEPTH)),
    );
    insta::assert_snapshot!(refusal(&scene).await, @r"
    error[verification]: pipes/crm-kunde.conf.json is not valid JSON: lists and objects are nested deeper than 256 levels
      at pipes/crm-kunde.conf.json:2:261
      hint: make the value flatter
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_megabytes_are_read_and_a_fault_at_their_end_is_pointed_at() {
    let scene = Scene::new();
    let rows = "    [\"add\", \"navn\", \"_S.crm-customer:navn-og-adresse\"],\n".repeat(1_000_000);
    assert!(rows.len() > 50_000_000);
    let pipe = |end: &str| {
        format!("{{\n  \"_id\": \"crm-kunde\",\n  \"type\": \"pipe\",\n  \"x\": [\n{rows}{end}\n  ]\n}}\n")
    };
    scene.write(PIPE, &pipe("    [\"copy\", \"*\"]"));
    insta::assert_snapshot!(said(&scene, &run(&scene, "check").await, DONE), @"");
    scene.write(PIPE, &pipe("    [\"copy\", *]"));
    insta::assert_snapshot!(said(&scene, &run(&scene, "check").await, VERIFICATION), @r"
    error[verification]: pipes/crm-kunde.conf.json is not valid JSON: expected a value, found `*`
      at pipes/crm-kunde.conf.json:1000005:14
      hint: correct the file at this place, or a little before it
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_not_utf_8_is_pointed_at() {
    let scene = Scene::new();
    std::fs::write(
        scene.root.join(PIPE),
        b"{\n  \"_id\": \"crm-kunde\",\n  \"description\": \"kj\xf8per\"\n}\n",
    )
    .unwrap();
    insta::assert_snapshot!(refusal(&scene).await, @r"
    error[verification]: pipes/crm-kunde.conf.json is not UTF-8: byte 0xf8 begins no character
      at pipes/crm-kunde.conf.json:3:21
      hint: save the file as UTF-8
    ");
    std::fs::write(scene.root.join(PIPE), b"\xff\xfe{\0}\0").unwrap();
    insta::assert_snapshot!(refusal(&scene).await, @r"
    error[verification]: pipes/crm-kunde.conf.json is not UTF-8: it looks like UTF-16
      at pipes/crm-kunde.conf.json:1:1
      hint: save the file as UTF-8
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_order_mark_is_accepted_with_a_note() {
    let scene = Scene::new();
    scene.write(PIPE, &format!("\u{feff}{}", scene.read(PIPE)));
    let [check, plan] = [run(&scene, "check").await, run(&scene, "plan").await];
    insta::assert_snapshot!(said(&scene, &check, DONE), @r"
    note: the file starts with a byte order mark, which is ignored
      at pipes/crm-kunde.conf.json
    ");
    assert_eq!(said(&scene, &plan, DONE), said(&scene, &check, DONE));
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_must_be_an_object() {
    let scene = Scene::new();
    scene.write(VARIABLES, "\n[\"crm-url\"]\n");
    let outcome = run(&scene, "check").await;
    insta::assert_snapshot!(said(&scene, &outcome, VERIFICATION), @r#"
    error[verification]: a variables file must hold an object, this is a list
      at node/variables/variables-test.json:2:1
      hint: write `{"name": "value"}`
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_names_are_told_with_all_their_places() {
    let scene = Scene::new();
    scene.write(
        PIPE,
        &scene.read(PIPE).replace("\"Customers\"", "\"$ENV(crm-ulr) $SECRET(crm-tokn)\\n$ENV(crm-ulr)\""),
    );
    let outcome = run(&scene, "plan").await;
    insta::assert_snapshot!(said(&scene, &outcome, VERIFICATION), @r#"
    error[verification]: 2 problems were found; nothing was written
      the variable "crm-ulr" does not exist
        at pipes/crm-kunde.conf.json:4:19
        at pipes/crm-kunde.conf.json:4:52
        asked: node/variables/variables-test.json
        hint: did you mean "crm-url"?
      the secret "crm-tokn" does not exist
        at pipes/crm-kunde.conf.json:4:33
        asked: sesam/kv2/crm-tokn in Vault at https://[address], sesam/kv2/
        hint: did you mean "crm-token"?
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_problems_of_a_settings_file_are_told_at_once() {
    let scene = Scene::new();
    let settings = OFFLINE
        .replace("target = false\ntemplates", "target = false\ntemplate")
        .replace("proxy = true", "proxy = \"yes\"")
        + "\n[store.main]\nkind = \"vault\"\n";
    insta::assert_snapshot!(said(&scene, &check_with(&scene, &settings).await, SETTINGS), @r"
    error[settings]: the settings in deployer.toml cannot be used
      [the settings]: unknown key `store`, expected one of `environment`, `link`, `log_level`, `source`, `configuration`, `stores`, `nodes`, `verify`, `safety`, `notify`, `environments`
        at deployer.toml:15:2
        hint: did you mean `stores`?
      [nodes.nett]: unknown field `template`, expected one of `templates`, `proxy`, `secrets`, `upload_variables`, `upload_secrets`, `target`
        at deployer.toml:8:1
        hint: did you mean `templates`?
      [nodes.marked]: expected true or false, found a text
        at deployer.toml:13:9
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_does_not_exist_names_the_nearest() {
    let scene = Scene::new();
    let settings = OFFLINE.to_owned() + "\n[stores.main]\nkind = \"valt\"\n\n[source]\nkind = \"git\"\n";
    insta::assert_snapshot!(said(&scene, &check_with(&scene, &settings).await, SETTINGS), @r"
    error[settings]: the settings in deployer.toml cannot be used
      [source]: there is no source of that kind, only `folder`
        at deployer.toml:19:8
        hint: `sesam-deployer plugins` lists what this build holds
      [stores.main]: there is no store of that kind, only `vault`
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
      [nodes.master.target]: a credential must not stand in the settings; expected a reference to a credential: { env = "NAME" } or { file = "path" }
        at deployer.toml:6:9
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_missing_variables_are_told_at_once() {
    let scene = Scene::new();
    let outcome = scene.world.program(PROGRAM).arg("plan").env("ENVIRONMENT", "test").run(LIMIT).await;
    insta::assert_snapshot!(said(&scene, &outcome, SETTINGS), @r#"
    error[settings]: the environment variables cannot be used
      NODE_FOLDER is missing: expected the folder that holds `node/` and usually `extra_nodes/`
        hint: for example: /data/configuration
      MASTER_NODE is missing: expected a JSON object
        hint: for example: {"URL": "datahub-0000aaaa.sesam.cloud", "JWT": "…", "UPLOAD_VARIABLES": true, "UPLOAD_SECRETS": true}
      VAULT_URL is missing: expected the address of Vault
        hint: for example: https://vault.example.com
      VAULT_MOUNTING_POINT is missing: expected the mount of the secrets engine, KV version 2
        hint: for example: sesam/kv2
      VAULT_GIT_TOKEN is missing: expected a GitHub token that Vault accepts
        hint: for example: ghp_…
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
    insta::assert_snapshot!(last, @"error: no command, no deployer.toml, and none of the original's variables (NODE_FOLDER, …)");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_node_names_the_nearest() {
    let scene = Scene::new();
    let outcome = scene.program(PROGRAM).args(["plan", "--node", "net"]).run(LIMIT).await;
    insta::assert_snapshot!(said(&scene, &outcome, SETTINGS), @r#"
    error[settings]: --node net: there is no such node, only master, marked, nett
      hint: did you mean "nett"?
    "#);
}
