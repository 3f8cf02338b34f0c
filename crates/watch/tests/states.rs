//! Each state of a target, and what ends it.

use std::time::Duration;

use deployer_watch::{Action, Compared, Ended, Notice, OnDrift, Rules, State, Watch};

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn deploy(target: &str, revision: &str, approved: Option<&str>) -> Action {
    Action::Deploy {
        target: target.to_owned(),
        revision: revision.to_owned(),
        approved: approved.map(str::to_owned),
    }
}

fn compare() -> Action {
    Action::Compare { target: "a".to_owned(), revision: "r1".to_owned() }
}

fn failed(reason: &str) -> Ended {
    Ended::Failed { reason: reason.to_owned() }
}

fn reported(reason: &str) -> Option<Notice> {
    Some(Notice::Failed { target: "a".to_owned(), revision: "r1".to_owned(), reason: reason.to_owned() })
}

/// A watch of `a` that starts the deploy of `r1` at time zero.
fn deploying(rules: Rules) -> Watch {
    let mut watch = Watch::new(rules, ["a"], 7);
    assert_eq!(watch.due(at(0)), [Action::CheckRevision]);
    assert_eq!(watch.checked(at(0), Ok("r1")), None);
    assert_eq!(watch.due(at(0)), [deploy("a", "r1", None)]);
    watch
}

/// Checks the source as soon as a check is due.
fn check(watch: &mut Watch, now: Duration, revision: &str) {
    assert_eq!(watch.due(now), [Action::CheckRevision]);
    assert_eq!(watch.checked(now, Ok(revision)), None);
}

fn state(watch: &Watch) -> &State {
    watch.states().next().expect("a target").1
}

#[test]
fn an_unchanged_revision_costs_one_check_per_interval_with_jitter() {
    let mut watch = deploying(Rules { drift: OnDrift::Ignore, ..Rules::default() });
    watch.deployed(at(0), "a", Ended::Deployed);
    let mut now = at(0);
    for _ in 0..1000 {
        let next = watch.next().expect("a check");
        let pause = next - now;
        assert!(at(60) <= pause && pause <= at(66), "{pause:?}");
        assert!(watch.due(next - Duration::from_millis(1)).is_empty());
        check(&mut watch, next, "r1");
        now = next;
    }
}

#[test]
fn a_new_revision_during_a_deploy_is_deployed_after_it() {
    let mut watch = deploying(Rules::default());
    check(&mut watch, at(70), "r2");
    assert!(watch.due(at(70)).is_empty());
    let done = Notice::Deployed { target: "a".to_owned(), revision: "r1".to_owned() };
    assert_eq!(watch.deployed(at(80), "a", Ended::Deployed), Some(done));
    assert_eq!(watch.due(at(80)), [deploy("a", "r2", None)]);
}

#[test]
fn failures_back_off_are_reported_once_and_end_after_the_last_try() {
    let mut watch = deploying(Rules { tries: 3, interval: at(1000), ..Rules::default() });
    let notice = watch.deployed(at(1), "a", failed("one"));
    assert!(matches!(notice, Some(Notice::Failed { ref reason, .. }) if reason == "one"), "{notice:?}");
    assert_eq!(state(&watch), &State::Failed { tries: 1, again: Some(at(1001)) });
    assert_eq!(watch.due(at(1001)).last(), Some(&deploy("a", "r1", None)));
    assert_eq!(watch.deployed(at(1001), "a", failed("another")), None);
    assert_eq!(state(&watch), &State::Failed { tries: 2, again: Some(at(3001)) });
    assert_eq!(watch.due(at(3001)).last(), Some(&deploy("a", "r1", None)));
    let given_up = Notice::GivenUp { target: "a".to_owned(), revision: "r1".to_owned() };
    assert_eq!(watch.deployed(at(3001), "a", failed("one")), Some(given_up));
    assert_eq!(state(&watch), &State::Failed { tries: 3, again: None });
    assert!(watch.due(at(1_000_000)).is_empty());
}

#[test]
fn a_trigger_releases_a_revision_that_was_given_up() {
    let mut watch = deploying(Rules { tries: 1, ..Rules::default() });
    watch.deployed(at(1), "a", failed("down"));
    assert!(watch.due(at(2)).is_empty());
    watch.trigger(at(2));
    assert_eq!(watch.due(at(2)), [Action::CheckRevision, deploy("a", "r1", None)]);
    assert_eq!(watch.deployed(at(3), "a", failed("down")), None, "it was reported before");
}

#[test]
fn a_trigger_during_the_last_try_releases_the_revision() {
    let mut watch = deploying(Rules { tries: 1, ..Rules::default() });
    watch.trigger(at(1));
    assert_eq!(watch.deployed(at(2), "a", failed("down")), reported("down"));
    assert_eq!(watch.due(at(2)), [Action::CheckRevision, deploy("a", "r1", None)]);
    let given_up = watch.deployed(at(3), "a", failed("down"));
    assert!(matches!(given_up, Some(Notice::GivenUp { .. })), "the trigger counts once: {given_up:?}");
}

#[test]
fn a_comparison_that_fails_is_reported_once_and_leaves_the_state() {
    let mut watch = deploying(Rules { interval: at(100_000), ..Rules::default() });
    watch.deployed(at(0), "a", Ended::Deployed);
    let failed = || Compared::Failed { reason: "down".to_owned() };
    let notice = Notice::CompareFailed { target: "a".to_owned(), reason: "down".to_owned() };
    for (compared, expected) in [
        (failed(), Some(notice.clone())),
        (failed(), None),
        (Compared::Outdated, None),
        (failed(), None),
        (Compared::Same, None),
        (failed(), Some(notice)),
    ] {
        let now = watch.next().expect("a comparison");
        assert_eq!(watch.due(now), [compare()]);
        assert_eq!(watch.compared(now, "a", compared), expected);
        assert_eq!(state(&watch), &State::InStep);
    }
}

#[test]
fn a_trigger_does_not_shorten_a_backoff() {
    let mut watch = deploying(Rules::default());
    watch.deployed(at(1), "a", failed("down"));
    watch.trigger(at(2));
    check(&mut watch, at(2), "r1");
    assert!(watch.due(at(2)).is_empty());
}

#[test]
fn a_trigger_during_a_check_causes_one_more() {
    let mut watch = Watch::new(Rules::default(), ["a"], 7);
    assert_eq!(watch.due(at(0)), [Action::CheckRevision]);
    watch.trigger(at(1));
    watch.trigger(at(1));
    assert!(watch.due(at(1)).is_empty());
    watch.checked(at(2), Ok("r1"));
    assert_eq!(watch.due(at(2)), [Action::CheckRevision, deploy("a", "r1", None)]);
    watch.checked(at(3), Ok("r1"));
    assert!(watch.due(at(3)).is_empty());
}

#[test]
fn consent_covers_only_the_held_plan() {
    let mut watch = deploying(Rules::default());
    let held = |plan: &str| Ended::Held { plan: plan.to_owned() };
    assert!(matches!(watch.deployed(at(1), "a", held("p1")), Some(Notice::Held { .. })));
    assert!(watch.due(at(2)).is_empty());
    assert!(!watch.approve("a", "p0"));
    assert!(!watch.approve("b", "p1"));
    assert!(watch.approve("a", "p1"));
    assert_eq!(watch.due(at(2)), [deploy("a", "r1", Some("p1"))]);
    assert!(matches!(watch.deployed(at(3), "a", held("p2")), Some(Notice::Held { .. })));
    check(&mut watch, at(70), "r2");
    assert_eq!(watch.due(at(70)), [deploy("a", "r2", None)]);
    assert!(!watch.approve("a", "p2"));
}

#[test]
fn a_held_target_is_compared_and_in_step_once_somebody_else_has_done_the_plan() {
    let mut watch = deploying(Rules { interval: at(100_000), ..Rules::default() });
    let held = || Ended::Held { plan: "p1".to_owned() };
    assert!(matches!(watch.deployed(at(0), "a", held()), Some(Notice::Held { .. })));
    assert!(watch.due(at(599)).is_empty());
    assert_eq!(watch.due(at(600)), [compare()]);
    assert!(matches!(state(&watch), State::Held { .. }), "others see it held during the comparison");
    assert_eq!(watch.compared(at(600), "a", Compared::Differs), None);
    assert!(matches!(state(&watch), State::Held { .. }));
    assert_eq!(watch.due(at(1200)), [compare()]);
    assert!(watch.approve("a", "p1"), "an approval also counts during a comparison");
    assert_eq!(watch.compared(at(1201), "a", Compared::Differs), None);
    assert_eq!(watch.due(at(1201)), [deploy("a", "r1", Some("p1"))]);
    assert_eq!(watch.deployed(at(1202), "a", held()), None, "it was reported");
    assert_eq!(watch.due(at(1802)), [compare()]);
    assert!(watch.approve("a", "p1"));
    assert!(matches!(watch.compared(at(1803), "a", Compared::Same), Some(Notice::Recovered { .. })));
    assert_eq!(state(&watch), &State::InStep);
    assert!(watch.due(at(1804)).is_empty(), "there is nothing left to approve");
}

#[test]
fn a_plan_of_an_outdated_revision_is_not_held() {
    let mut watch = deploying(Rules::default());
    check(&mut watch, at(70), "r2");
    assert_eq!(watch.deployed(at(71), "a", Ended::Held { plan: "p1".to_owned() }), None);
    assert!(!watch.approve("a", "p1"));
    assert_eq!(watch.due(at(71)), [deploy("a", "r2", None)]);
}

#[test]
fn drift_is_reported_once_and_stays() {
    let mut watch = deploying(Rules { interval: at(100_000), drift: OnDrift::Report, ..Rules::default() });
    watch.deployed(at(0), "a", Ended::Unchanged);
    assert!(watch.due(at(599)).is_empty());
    assert_eq!(watch.due(at(600)), [compare()]);
    assert!(matches!(watch.compared(at(600), "a", Compared::Differs), Some(Notice::Drifted { .. })));
    assert_eq!(watch.due(at(1200)), [compare()]);
    assert_eq!(watch.compared(at(1200), "a", Compared::Differs), None);
    assert_eq!(watch.due(at(1800)), [compare()]);
    assert_eq!(watch.compared(at(1800), "a", Compared::Outdated), None);
    assert_eq!(state(&watch), &State::Drifted);
    assert_eq!(watch.due(at(2400)), [compare()]);
    assert!(matches!(watch.compared(at(2400), "a", Compared::Same), Some(Notice::Recovered { .. })));
    assert_eq!(state(&watch), &State::InStep);
}

#[test]
fn drift_is_corrected_by_a_deploy_of_the_same_revision() {
    let mut watch = deploying(Rules { interval: at(100_000), drift: OnDrift::Correct, ..Rules::default() });
    watch.deployed(at(0), "a", Ended::Deployed);
    assert_eq!(watch.due(at(600)), [compare()]);
    watch.compared(at(600), "a", Compared::Differs);
    assert_eq!(watch.due(at(600)), [deploy("a", "r1", None)]);
    assert!(matches!(watch.deployed(at(601), "a", Ended::Deployed), Some(Notice::Deployed { .. })));
    assert_eq!(state(&watch), &State::InStep);
}

#[test]
fn an_outage_of_the_source_is_reported_once_and_backs_off() {
    let mut watch = Watch::new(Rules::default(), ["a"], 7);
    assert_eq!(watch.due(at(0)), [Action::CheckRevision]);
    assert!(matches!(watch.checked(at(0), Err("down")), Some(Notice::SourceFailed { .. })));
    assert_eq!(watch.due(at(66)), [Action::CheckRevision]);
    assert_eq!(watch.checked(at(66), Err("still down")), None);
    assert!(watch.due(at(66 + 119)).is_empty());
    assert_eq!(watch.due(at(66 + 132)), [Action::CheckRevision]);
    assert_eq!(watch.checked(at(200), Ok("r1")), Some(Notice::SourceRecovered));
}
