//! From one state to the next.

use deployer_core::model::Desired;
use deployer_core::traits::NodeTarget;

use super::deploying::{assert_holds, deploy, plan, prepare};
use super::rig::Place;
use super::sample::{first, pipe, second, state, system, values};
use crate::contract::checks::applies;

/// An empty place can be read, and reading and preparing write nothing.
pub(super) async fn an_empty_place(place: &dyn Place) {
    let target = place.target();
    let capabilities = target.capabilities();
    let observed = target.observe().await.expect("an empty place can be read");
    assert!(observed.entities.is_empty(), "{:?}", observed.entities);
    assert!(observed.variables.is_none_or(|variables| variables.entries.is_empty()), "it has no variables");
    let known = observed.secrets.is_some();
    assert!(!known || capabilities.secrets, "a capability is set honestly");
    assert!(observed.secrets.is_none_or(|secrets| secrets.is_empty()), "it has no secrets");
    assert!(observed.elsewhere.is_empty(), "{:?}", observed.elsewhere);
    let again = target.observe().await.expect("it can be read twice");
    assert_eq!(again.base, observed.base, "nothing changed, so that the fingerprint stays");
    assert_eq!(target.base().await.expect("it can be read"), observed.base, "it is the same fingerprint");

    let desired = first(&*target);
    let plan = plan(&*target, &desired).await;
    let steps = prepare(&*target, &plan).await.expect("it can be prepared");
    assert!(!steps.is_empty(), "there is a lot to write");
    assert!(steps.iter().all(|step| !step.name().is_empty()), "a step has a name");
    assert_eq!(place.writes(), 0, "observing and preparing write nothing");
    let observed = target.observe().await.expect("it can be read");
    assert_eq!(observed.base, again.base, "observing and preparing change nothing");
}

/// Removals, changes and additions of everything; unicode; everything removed.
pub(super) async fn every_change(place: &dyn Place) {
    let target = place.target();
    let unicode = state(
        &*target,
        &[
            pipe("blåbær-漢字 e\u{301}", r#""ø": "æøå 🫐 \" \\ / \n \u0007 </script>""#),
            pipe("a b+c%20&d=e", r#""x": null"#),
            pipe(
                "numbers",
                r#""a": 1, "b": 1.5, "c": -0.25, "d": 1e21, "e": 12345678901234567890, "f": 0.1"#,
            ),
            pipe("nested", r#""a": {"b": [{"c": []}, {}, [[]], "", false]}"#),
            system("crm", "æ"),
        ],
        r#"{"navn ø": "blåbær 漢字", "a/b?c#d%20": "x", "n": 1.5, "deep": {"a": [1, null]}, "empty": ""}"#,
        &["one"],
    );
    let empty = state(&*target, &[], "{}", &[]);
    let states = [first(&*target), second(&*target), unicode, first(&*target), empty];
    let mut fingerprints = Vec::new();
    for desired in &states {
        deploy(&*target, desired).await;
        assert_holds(place, desired).await;
        fingerprints.push(target.observe().await.expect("it can be read").base);
        let base = target.base().await.expect("it can be read");
        assert_eq!(Some(&base), fingerprints.last(), "it is the same fingerprint");
    }
    for (earlier, later) in fingerprints.iter().zip(&fingerprints[1..]) {
        assert_ne!(earlier, later, "another content has another fingerprint");
    }
}

/// What means the same is no change.
pub(super) async fn no_phantoms(place: &dyn Place) {
    let target = place.target();
    let of = |n: &str, order: bool| {
        let members = if order {
            format!(r#""n": {n}, "a": 1, "o": {{"x": [1, 2], "y": null}}"#)
        } else {
            format!(r#""o": {{"y": null, "x": [1, 2]}}, "a": 1, "n": {n}"#)
        };
        state(&*target, &[pipe("p", &members)], &format!(r#"{{"v": {n}}}"#), &[])
    };
    deploy(&*target, &of("1.0", true)).await;
    for desired in [of("1.00", true), of("1e0", false), of("1.0", false)] {
        assert_holds(place, &desired).await;
    }
    for other in [of("1", true), of("\"1\"", true)] {
        assert!(!plan(&*target, &other).await.is_empty(), "a decimal, an integer and a text differ");
        deploy(&*target, &other).await;
        assert_holds(place, &other).await;
    }
}

/// Secrets get to the place with their values, and those that nobody names stay.
pub(super) async fn secrets_arrive(place: &dyn Place) {
    let target = place.target();
    if !applies("secrets", target.capabilities().secrets, "the target keeps none") {
        return;
    }
    let (one, two) = (first(&*target), second(&*target));
    deploy(&*target, &two).await;
    deploy(&*target, &one).await;
    let observed = target.observe().await.expect("it can be read");
    let names = observed.secrets.map(|names| names.into_iter().collect::<Vec<_>>());
    let expected: Vec<_> = values(&two).into_keys().collect();
    assert!(names.is_none_or(|names| names == expected), "what the second state does not name stays");
    assert!(place.secrets() == Some(values(&two)), "the values arrive unchanged");
    only_secrets(&*target, &one).await;
}

/// Planning again finds nothing but secrets to send again.
async fn only_secrets(target: &dyn NodeTarget, desired: &Desired) {
    let plan = plan(target, desired).await;
    assert!(plan.is_empty(), "{:?}", plan.entities);
    let steps = prepare(target, &plan).await.expect("it can be prepared");
    assert!(
        steps.len() <= 1,
        "secrets are one step: {:?}",
        steps.iter().map(|step| step.name()).collect::<Vec<_>>()
    );
}
