//! Nothing is written before everything has been verified.

use deployer_tests::checks::{assert_code, assert_nothing_written, assert_says};
use deployer_tests::scene::Scene;

use crate::{LIMIT, PROGRAM};

/// Misspells a name in some files, deploys, and expects every place and the right name in the error, and no write.
async fn misspelt(noun: &str, name: &str, files: &[&str]) {
    let scene = Scene::new();
    let wrong = format!("{name}s");
    let (form, misspelt) = match noun {
        "secret" => (format!("$SECRET({name})"), format!("$SECRET({wrong})")),
        _ => (format!("$ENV({name})"), format!("$ENV({wrong})")),
    };
    let before = scene.state();
    for file in files {
        scene.replace(file, &form, &misspelt);
    }
    let outcome = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;

    assert_code(&outcome, 3);
    assert_nothing_written(&scene.world, &outcome);
    assert_eq!(scene.state(), before);
    assert_says(&outcome, [format!("{noun} {wrong:?} is not defined"), format!("did you mean {name:?}?")]);
    for file in files {
        // In templates, whose texts change before they are looked at, the place is that of the whole text.
        let quoted = format!("\"{misspelt}");
        let places = scene.places(file, if file.starts_with("node/") { &misspelt } else { &quoted });
        assert!(!places.is_empty());
        assert_says(&outcome, places.iter().map(|place| format!("at {place}\n")));
    }
    assert!(scene.world.vault().live_tokens().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_missing_on_the_master_stops_every_write() {
    misspelt("secret", "arkiv-password", &["node/systems/arkiv.conf.json"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_missing_on_an_extra_node_stops_every_write() {
    misspelt("secret", "scada-api-key", &["node/systems/nett-scada.conf.json"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_only_templates_name_is_shown_with_every_place_in_them() {
    let files = [
        "extra_nodes/marked/system_on_extra_from_master_to_extra.json",
        "extra_nodes/nett/system_on_extra_from_extra_to_master.json",
    ];
    misspelt("secret", "master-jwt", &files).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_is_missing_on_the_master_stops_every_write() {
    misspelt("variable", "arkiv-cron", &["node/pipes/faktura-arkiv.conf.json"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_is_missing_on_an_extra_node_stops_every_write() {
    let files =
        ["node/systems/marked-børs.conf.json", "extra_nodes/nett/system_on_extra_from_extra_to_master.json"];
    misspelt("variable", "exchange-url", &files[..1]).await;
    misspelt("variable", "verify-ssl", &files[1..]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_deleted_from_vault_is_missing_and_says_so() {
    let scene = Scene::new();
    scene.world.vault().delete(deployer_tests::scene::MOUNT, "exchange-token");
    let outcome = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_code(&outcome, 3);
    assert_nothing_written(&scene.world, &outcome);
    assert_says(&outcome, ["secret \"exchange-token\" is not defined", "was deleted at"]);
    assert!(!outcome.stderr().contains("did you mean \"exchange-token\"?"), "{}", outcome.stderr());
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_missing_is_told_at_once() {
    let scene = Scene::new();
    scene.replace("node/systems/arkiv.conf.json", "$SECRET(arkiv-password)", "$SECRET(gone-one)");
    scene.replace("node/systems/nett-scada.conf.json", "$SECRET(scada-api-key)", "$SECRET(gone-two)");
    scene.replace("node/systems/crm.conf.json", "$ENV(crm-url)", "$ENV(gone-three)");
    let outcome = scene.program(PROGRAM).args(["deploy", "--json"]).run(LIMIT).await;
    assert_code(&outcome, 3);
    assert_nothing_written(&scene.world, &outcome);
    assert_says(&outcome, ["3 problems were found", "gone-one", "gone-two", "gone-three"]);
    let document: serde_json::Value = serde_json::from_str(&outcome.stdout()).expect("one JSON document");
    assert_eq!(document["error"]["related"].as_array().map(Vec::len), Some(3));
}
