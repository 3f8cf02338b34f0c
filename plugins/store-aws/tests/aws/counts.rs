//! How often the service is asked.

use deployer_testkit::answers::{found, missing, read_all};

use super::world::World;

#[tokio::test]
async fn five_hundred_secrets_are_twenty_five_calls_with_at_most_twenty_names_each() {
    for world in World::each("calls over moto") {
        let names: Vec<String> = (0..500).map(|number| format!("sesam/secret-{number}")).collect();
        for name in &names {
            world.put(name, name).await;
        }
        let store = world.store(&[]);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        read_all(&*store, &names).await.into_iter().for_each(|answer| drop(found(answer)));
        let calls = world.calls("BatchGetSecretValue");
        assert_eq!(calls.len(), 25);
        assert!(calls.iter().all(|call| call.ids.len() <= 20), "{calls:?}");
        assert_eq!(calls.iter().map(|call| call.ids.len()).sum::<usize>(), 500, "none is read twice");
        assert!(world.calls("GetSecretValue").is_empty());
    }
}

#[tokio::test]
async fn all_fields_of_one_secret_are_one_call() {
    let world = World::fake();
    world.put("bundle", r#"{"a": "1", "b": "2", "c": 3}"#).await;
    let store = world.store(&["naming = \"bundle\"", "path = \"bundle\""]);
    let answers = read_all(&*store, &["a", "b", "c"]).await;
    assert_eq!(
        answers.into_iter().map(found).collect::<Vec<_>>(),
        ["1", "2", "3"].map(deployer_core::SecretValue::new)
    );
    assert_eq!(world.calls("GetSecretValue").len(), 1);
}

#[tokio::test]
async fn where_batches_are_not_permitted_secrets_are_read_one_by_one_and_that_is_found_out_once() {
    let world = World::fake();
    world.rules().denied_operations.insert("BatchGetSecretValue");
    let names: Vec<String> = (0..45).map(|number| format!("secret-{number}")).collect();
    for name in &names[..44] {
        world.put(name, name).await;
    }
    let store = world.store(&[]);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // The first batch finds it out; the others start afterwards.
    let mut answers = read_all(&*store, &names[..20]).await;
    answers.extend(read_all(&*store, &names[20..]).await);
    assert_eq!(missing(answers.remove(44)), "");
    answers.into_iter().for_each(|answer| drop(found(answer)));
    assert_eq!(world.calls("BatchGetSecretValue").len(), 1);
    assert_eq!(world.calls("GetSecretValue").len(), 45);
}

#[tokio::test]
async fn a_pinned_version_is_a_call_of_its_own() {
    let world = World::fake();
    for name in ["a", "b", "c"] {
        world.put(name, "old").await;
        world.put(name, "new").await;
    }
    let store = world.store(&["[secrets]", "c = { id = \"c\", stage = \"AWSPREVIOUS\" }"]);
    let answers = read_all(&*store, &["a", "b", "c"]).await;
    let values: Vec<_> = answers.into_iter().map(found).collect();
    assert_eq!(values, ["new", "new", "old"].map(deployer_core::SecretValue::new));
    assert_eq!(world.calls("BatchGetSecretValue").len(), 1);
    assert_eq!(world.calls("GetSecretValue").len(), 1);
}
