//! A process that goes on where another one ended.

use std::time::Duration;

use deployer_watch::{Action, Compared, Ended, Notice, OnDrift, Rules, State, Told, Watch};

const START: Duration = Duration::ZERO;

fn watch(rules: Rules) -> Watch {
    Watch::new(rules, ["a"], 7)
}

/// A watch that has read the revision `r1`.
fn checked(mut watch: Watch) -> Watch {
    assert_eq!(watch.due(START), [Action::CheckRevision]);
    watch.checked(START, Ok("r1"));
    watch
}

fn is_deploy(actions: &[Action]) -> bool {
    matches!(actions, [Action::Deploy { revision, .. }] if revision == "r1")
}

/// The reports after one deploy, as they are after they were stored as JSON.
fn told(ended: Ended) -> Told {
    let mut watch = checked(watch(Rules::default()));
    assert!(is_deploy(&watch.due(START)));
    watch.deployed(START, "a", ended);
    stored(&watch)
}

fn stored(watch: &Watch) -> Told {
    serde_json::from_str(&serde_json::to_string(&watch.told()).expect("JSON")).expect("JSON")
}

#[test]
fn a_failed_or_held_revision_is_tried_again_and_not_reported_again() {
    let failed = || Ended::Failed { reason: "down".to_owned() };
    let held = |plan: &str| Ended::Held { plan: plan.to_owned() };
    for (before, again) in [(failed(), failed()), (held("p"), held("p"))] {
        let mut next = checked(watch(Rules::default()).resume(&told(before)));
        assert!(is_deploy(&next.due(START)));
        assert_eq!(next.deployed(START, "a", again), None);
    }
    let mut next = checked(watch(Rules::default()).resume(&told(failed())));
    assert!(is_deploy(&next.due(START)));
    let recovered = Notice::Recovered { target: "a".to_owned(), revision: "r1".to_owned() };
    assert_eq!(next.deployed(START, "a", Ended::Unchanged), Some(recovered));
    let mut other = checked(watch(Rules::default()).resume(&told(held("p"))));
    assert!(is_deploy(&other.due(START)));
    assert!(matches!(other.deployed(START, "a", held("q")), Some(Notice::Held { .. })), "another plan");
}

#[test]
fn a_revision_that_another_process_deployed_is_compared_in_place_of_deployed() {
    let compare = Action::Compare { target: "a".to_owned(), revision: "r1".to_owned() };
    let mut next = checked(watch(Rules::default()).resume(&told(Ended::Deployed)));
    assert_eq!(next.due(START), std::slice::from_ref(&compare));
    let drifted = next.compared(START, "a", Compared::Differs);
    assert!(matches!(drifted, Some(Notice::Drifted { .. })));

    // The drift is reported once, and not corrected by the next process either.
    let mut third = checked(watch(Rules::default()).resume(&stored(&next)));
    assert_eq!(third.states().next().map(|(_, state)| state), Some(&State::Drifted));
    assert_eq!(third.due(START), [compare]);
    assert_eq!(third.compared(START, "a", Compared::Differs), None);

    let rules = Rules { drift: OnDrift::Ignore, ..Rules::default() };
    assert!(checked(watch(rules).resume(&told(Ended::Deployed))).due(START).is_empty());

    let mut newer = watch(Rules::default()).resume(&told(Ended::Deployed));
    assert_eq!(newer.due(START), [Action::CheckRevision]);
    newer.checked(START, Ok("r2"));
    assert!(matches!(&newer.due(START)[..], [Action::Deploy { revision, .. }] if revision == "r2"));
}

#[test]
fn a_lost_source_is_reported_once_and_its_return_too() {
    let mut first = watch(Rules::default());
    assert_eq!(first.due(START), [Action::CheckRevision]);
    assert!(first.checked(START, Err("down")).is_some());
    let mut next = watch(Rules::default()).resume(&first.told());
    assert_eq!(next.due(START), [Action::CheckRevision]);
    assert_eq!(next.checked(START, Err("down")), None);
    let mut third = watch(Rules::default()).resume(&next.told());
    assert_eq!(third.due(START), [Action::CheckRevision]);
    assert_eq!(third.checked(START, Ok("r1")), Some(Notice::SourceRecovered));
}
