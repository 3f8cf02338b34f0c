//! Secrets of single systems: sent after the configuration, and lost with their system.

use deployer_core::document::SourceText;
use deployer_core::model::{LostSecrets, SecretState};
use deployer_core::{Kind, SecretValue};
use deployer_engine::run::Planned;
use deployer_engine::saved::{Purpose, Saved};
use deployer_engine::stages::{SystemSecrets, objections};
use deployer_testkit::fakes::{MemoryTarget, Mishap, Script};

use crate::scene::{Scene, fail, ids, outcomes, running, system};

/// The master has two systems, each with a secret of its own that the configuration names.
fn scene() -> Scene {
    let mut scene = Scene::new();
    scene.source.write("node/systems/crm.conf.json", system("crm", "master", "$SECRET(one) $SECRET(two)"));
    scene.source.write("node/systems/erp.conf.json", system("erp", "master", "$SECRET(two)"));
    scene.deployment.nodes[0].system_secrets = SystemSecrets::Named;
    scene
}

/// What the master holds of systems' own, as `crm: one two`.
fn own(scene: &Scene) -> Vec<String> {
    let held = scene.master.held().system_secrets;
    let own = held.into_iter().filter(|(_, secrets)| !secrets.is_empty()).map(|(system, secrets)| {
        let names: Vec<&str> = secrets.keys().map(|name| name.as_str()).collect();
        format!("{system}: {}", names.join(" "))
    });
    own.collect()
}

fn states(planned: &Planned) -> Vec<(String, SecretState)> {
    let secrets = planned.plan.nodes[0].system_secrets.iter();
    secrets.map(|secret| (format!("{} {}", secret.system, secret.name), secret.state)).collect()
}

#[tokio::test(start_paused = true)]
async fn they_are_sent_after_the_configuration_and_to_all_only_where_something_else_names_them() {
    let scene = scene();
    let planned = scene.plan().await;
    let new = |name: &str| (name.to_owned(), SecretState::New);
    assert_eq!(states(&planned), [new("crm one"), new("crm two"), new("erp two")]);
    assert_eq!(scene.script.count("* system secrets"), 0, "no system runs that could hold any");
    let applied = scene.apply(&planned).await;
    assert_eq!(
        outcomes(&applied.receipt, "master"),
        [
            "send secrets: done",
            "set variables: done",
            "upload configuration: done",
            "send secrets of crm: done",
            "send secrets of erp: done"
        ]
    );
    assert_eq!(own(&scene), ["crm: one two", "erp: two"]);
    let global: Vec<String> = scene.master.held().secrets.keys().map(ToString::to_string).collect();
    assert_eq!(global, ["one"], "the pipe m names it too");

    let again = scene.plan().await;
    assert!(again.plan.is_empty(), "{:?}", again.plan);
    assert!(states(&again).iter().all(|(_, state)| *state == SecretState::SentAgain), "{:?}", states(&again));
    assert_eq!(scene.script.count("* system secrets"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_fails_to_be_sent_is_put_back_with_the_rest() {
    let scene = scene();
    scene.script.on("master execute send secrets of erp", 1, fail(Kind::Denied));
    let applied = scene.deploy().await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Denied));
    let master = outcomes(&applied.receipt, "master");
    assert_eq!(master[3..], ["send secrets of crm: put back", "send secrets of erp: failed"]);
    assert!(master[..3].iter().all(|step| step.ends_with("put back")), "{master:?}");
    assert_eq!((ids(&scene.master), own(&scene)), (vec![], vec![]));
    assert!(scene.deploy().await.error.is_none());
    scene.assert_converged().await;
}

#[tokio::test(start_paused = true)]
async fn a_missing_one_stops_the_run_before_anything_is_written() {
    let scene = scene();
    scene.source.write("node/systems/erp.conf.json", system("erp", "master", "$SECRET(three)"));
    let refused = scene.refused().await;
    assert_eq!(refused.kind(), Kind::Verification);
    assert!(refused.message().contains("\"three\" is not defined"), "{refused:?}");
    assert_eq!(scene.executed(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_reviewed_plan_sends_them_as_it_says() {
    let scene = scene();
    let text = scene.plan().await.to_saved().to_text();
    assert!(!text.contains("value-two"), "{text}");
    let reviewed = Saved::parse(&SourceText::new("plan.json", text)).expect("it can be read");
    let runner = scene.runner();
    let planned =
        scene.deployment.plan_saved(&reviewed, Purpose::Plan, &runner).await.expect("nothing moved");
    assert!(scene.apply(&planned).await.error.is_none());
    assert_eq!(own(&scene), ["crm: one two", "erp: two"]);
}

#[tokio::test(start_paused = true)]
async fn those_of_a_removed_system_are_named_and_need_consent() {
    let scene = scene();
    scene.deploy().await;
    scene.source.remove("node/systems/erp.conf.json");
    let planned = scene.plan().await;
    let lost = [LostSecrets::new("erp".to_owned(), ["two".into()].into())];
    assert_eq!(planned.plan.nodes[0].lost_secrets, lost);
    let objections = objections(&planned.plan, scene.deployment.safety.guard);
    assert_eq!(objections.len(), 1);
    assert!(objections[0].message().ends_with("the secrets that were set on it: two"), "{objections:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_may_not_list_them_still_deploys_and_it_is_told() {
    let scene = scene();
    scene.deploy().await;
    scene.script.on("master system secrets", usize::MAX, fail(Kind::Denied));
    let planned = scene.plan().await;
    assert!(
        planned.plan.notes[0]
            .message
            .starts_with("node master: secrets that were set on a system cannot be listed")
    );
    scene.script.mend();
    scene.script.on("master system secrets", usize::MAX, fail(Kind::Unexpected));
    assert_eq!(scene.refused().await.kind(), Kind::Unexpected);
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_system_is_not_removed_with_its_secrets_after_a_lost_race() {
    let script = Script::default();
    let target = |name| MemoryTarget::new(name, &script).compares_and_swaps();
    let scene = Scene::with(script.clone(), target("master"), target("extra"));
    let master = scene.master.clone();
    let add = move || {
        master.intrude(|held| {
            held.entities.push(running(r#"{"_id": "hr", "type": "system:url"}"#));
            let secrets = [("key".into(), SecretValue::new("value-of-theirs"))].into();
            held.system_secrets.insert("hr".to_owned(), secrets);
        });
    };
    scene.script.on("master execute upload configuration", 1, Mishap::meanwhile(add));
    let applied = scene.deploy().await;
    let error = applied.error.expect("nobody agreed to lose a secret");
    assert_eq!(error.kind(), Kind::Refused, "{error:?}");
    assert_eq!(ids(&scene.master), ["hr"]);
    assert_eq!(own(&scene), ["hr: key"]);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_keeps_none_is_no_place_to_send_them_to() {
    let mut scene = scene();
    scene.deployment.nodes[1].system_secrets = SystemSecrets::Named;
    let refused = scene.refused().await;
    assert_eq!(refused.kind(), Kind::Settings);
    assert!(refused.message().starts_with("[nodes.extra]: `system_secrets` is set"), "{refused:?}");
}
