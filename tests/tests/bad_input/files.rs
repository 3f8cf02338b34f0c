//! Files that cannot be read, and lists of files that make no sense.

use deployer_tests::scene::Scene;

use crate::{DONE, OFFLINE, PIPE, VERIFICATION, check_with, list, refusal, run, said};

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
    warning: the key "description" is defined twice in one object, first at pipes/crm-kunde.conf.json:2:3; the last one counts
      at pipes/crm-kunde.conf.json:5:3
    "#);
    insta::assert_snapshot!(said(&scene, &check_with(&scene, OFFLINE).await, VERIFICATION), @r#"
    error[verification]: the key "description" is defined twice in one object, first at pipes/crm-kunde.conf.json:2:3
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
        hint: patterns choose files too: `whitelist = { include = ["pipes/**"] }`; with `layout = "sesam-py"` a whitelist is a filter
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
        format!(
            "{{\n  \"_id\": \"crm-kunde\",\n  \"type\": \"pipe\",\n  \"source\": {{\"type\": \"empty\"}},\n  \"x\": [\n{rows}{end}\n  ]\n}}\n"
        )
    };
    scene.write(PIPE, &pipe("    [\"copy\", \"*\"]"));
    insta::assert_snapshot!(said(&scene, &run(&scene, "check").await, DONE), @"");
    scene.write(PIPE, &pipe("    [\"copy\", *]"));
    insta::assert_snapshot!(said(&scene, &run(&scene, "check").await, VERIFICATION), @r"
    error[verification]: pipes/crm-kunde.conf.json is not valid JSON: expected a value, found `*`
      at pipes/crm-kunde.conf.json:1000006:14
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
