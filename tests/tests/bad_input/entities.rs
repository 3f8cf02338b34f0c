//! Entities, templates and names that do not pass verification.

use deployer_tests::scene::Scene;

use crate::{DONE, LIMIT, PIPE, PROGRAM, VARIABLES, VERIFICATION, list, refusal, run, said};

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
    warning: node master: "crm-kunde" is defined twice with equal content; one is kept
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
      variable "crm-ulr" is not defined
        at pipes/crm-kunde.conf.json:4:19
        at pipes/crm-kunde.conf.json:4:52
        looked in: node/variables/variables-test.json
        hint: did you mean "crm-url"?
      secret "crm-tokn" is not defined
        at pipes/crm-kunde.conf.json:4:33
        looked in: sesam/kv2/crm-tokn in Vault at https://[address], sesam/kv2/
        hint: did you mean "crm-token"?
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_folder_that_does_not_exist_is_refused() {
    let scene = Scene::new();
    let program = scene.program_but(PROGRAM, "EXTRA_NODES", "extra_nodes/nett", "extra_nodes/net");
    let outcome = program.arg("check").run(LIMIT).await;
    insta::assert_snapshot!(said(&scene, &outcome, VERIFICATION), @r#"
    error[verification]: the template folder "extra_nodes/net" contains no template and no node-metadata.conf.json
      hint: check the folder's name: it is relative to the root of the configuration, as extra_nodes/name
    "#);
}
