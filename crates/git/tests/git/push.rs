//! Fetch, commit and push over HTTPS with basic authentication and a certificate of our own.

use crate::support::{World, commit, failure, files, identity, main_branch, wanted};
use deployer_core::{Kind, Retry};
use deployer_git::{BranchName, Content, ObjectId, WantedBranch};
use deployer_testkit::server::{Answer, Cut, Moment, Rule};

const PUSH: &str = "/git/extra.git/git-receive-pack";

fn id(hex: &str) -> ObjectId {
    ObjectId::from_hex(hex.as_bytes()).expect("an id")
}

#[tokio::test]
async fn a_commit_replaces_the_folder_and_keeps_the_rest() {
    let world = World::new();
    let repository = world.repository();
    let start = repository.tip("main").expect("a tip");
    let fetched = world.extra().fetch(&WantedBranch::default()).await.expect("a branch");
    assert_eq!((fetched.branch.as_str(), fetched.tip), ("main", Some(id(&start))));
    let paths: Vec<_> = fetched
        .repository
        .files(id(&start), "node")
        .expect("files")
        .into_iter()
        .map(|file| file.path)
        .collect();
    assert_eq!(paths, ["pipes/a.conf.json"]);

    let new = commit(&fetched, "[1]\n");
    world.extra().push(&fetched.branch, fetched.tip, &new, None).await.expect("the host takes it");

    assert_eq!(
        repository.files("main"),
        files(&[("README.md", "hello\n"), ("node/pipes/b.conf.json", "[1]\n")])
    );
    let commits = repository.commits("main");
    assert_eq!((commits.len(), commits[0].id.clone()), (2, new.id.to_string()));
    assert_eq!(
        (&*commits[0].author, &*commits[0].message),
        ("sesam-deployer <sesam-deployer@localhost>", "Deploy")
    );
    repository.fsck().expect("git finds nothing wrong");
    for entry in world.server.log().entries() {
        assert!(!entry.path.contains("canary"), "{}", entry.path);
    }
}

#[tokio::test]
async fn the_same_content_gives_no_commit_and_the_same_change_the_same_one() {
    let world = World::new();
    world.repository();
    let fetched = world.extra().fetch(&WantedBranch::default()).await.expect("a branch");
    let base = fetched.base.expect("a commit");
    let content = fetched.repository.files(base, "node").expect("files");
    let content = content.into_iter().map(|file| (file.path.clone(), Content::Keep(file))).collect();
    let same = fetched.repository.commit(fetched.base, "node", &content, "Deploy", &identity());
    assert_eq!(same.expect("good paths"), None);
    assert_eq!(commit(&fetched, "x"), commit(&fetched, "x"));
}

#[tokio::test]
async fn paths_that_lead_out_are_refused() {
    let world = World::new();
    world.repository();
    let fetched = world.extra().fetch(&WantedBranch::default()).await.expect("a branch");
    for path in ["../x", ".git/config", "pipes//x", "pipes/."] {
        let content = [(path.to_owned(), Content::Write(Vec::new()))].into();
        let refused = fetched.repository.commit(fetched.base, "node", &content, "Deploy", &identity());
        assert_eq!(failure(refused).kind(), Kind::Verification, "{path}");
    }
}

#[tokio::test]
async fn reading_takes_three_round_trips_and_pushing_two() {
    let world = World::new();
    world.repository();
    let fetched = world.extra().fetch(&wanted("main")).await.expect("a branch");
    assert_eq!(world.server.log().entries().len(), 3);
    world.server.log().clear();
    let new = commit(&fetched, "x");
    world.extra().push(&fetched.branch, fetched.tip, &new, None).await.expect("the host takes it");
    assert_eq!(world.server.log().entries().len(), 2);
}

#[tokio::test]
async fn a_branch_that_moved_is_a_conflict_and_keeps_the_other_commit() {
    let world = World::new();
    let repository = world.repository();
    let fetched = world.extra().fetch(&wanted("main")).await.expect("a branch");
    let other = repository.commit("main", "Other", &files(&[("x", "y")]));
    let error = failure(world.extra().push(&fetched.branch, fetched.tip, &commit(&fetched, "x"), None).await);
    assert_eq!(error.kind(), Kind::Conflict);
    assert_eq!(repository.tip("main"), Some(other));
}

#[tokio::test]
async fn a_branch_that_moves_between_the_two_requests_is_a_conflict_too() {
    let world = World::new();
    let repository = world.repository();
    let fetched = world.extra().fetch(&wanted("main")).await.expect("a branch");
    let writer = repository.clone();
    world.server.faults().call(Rule::new("POST", PUSH), Moment::BeforeApply, move |_| {
        writer.commit("main", "Other", &files(&[("x", "y")]));
    });
    let error = failure(world.extra().push(&fetched.branch, fetched.tip, &commit(&fetched, "x"), None).await);
    assert_eq!(error.kind(), Kind::Conflict, "{error:?}");
    assert_eq!(repository.commits("main")[0].message, "Other");
}

#[tokio::test]
async fn a_declined_commit_comes_with_the_words_of_the_host() {
    let world = World::new();
    let repository = world.repository();
    repository.decline_pushes("no deployments on Friday");
    let fetched = world.extra().fetch(&wanted("main")).await.expect("a branch");
    let error = failure(world.extra().push(&fetched.branch, fetched.tip, &commit(&fetched, "x"), None).await);
    assert_eq!((error.kind(), error.cause()), (Kind::Rejected, Some("pre-receive hook declined")));
    assert_eq!(error.details(), ["remote: no deployments on Friday"]);
}

#[tokio::test]
async fn a_push_that_was_taken_before_is_left_as_it_is() {
    let world = World::new();
    let repository = world.repository();
    let fetched = world.extra().fetch(&wanted("main")).await.expect("a branch");
    let new = commit(&fetched, "x");
    for _ in 0..2 {
        world.extra().push(&fetched.branch, fetched.tip, &new, None).await.expect("the host has it");
    }
    assert_eq!(repository.commits("main").len(), 2);
}

#[tokio::test]
async fn a_push_begins_with_what_the_host_listed_before_and_the_host_refuses_it_if_the_branch_has_moved() {
    let world = World::new();
    let repository = world.repository();
    let (remote, branch) = (world.extra(), main_branch());
    let fetched = remote.fetch(&wanted("main")).await.expect("a branch");
    let seen = remote.advertisement().await.expect("write access");
    let requests = || {
        let entries = world.server.log().entries();
        let count = |method: &str| entries.iter().filter(|entry| entry.method == method).count();
        (count("GET"), entries.iter().filter(|entry| entry.path.ends_with("receive-pack")).count())
    };
    let (gets, _) = requests();
    let new = commit(&fetched, "x");
    remote.push(&branch, fetched.tip, &new, Some(seen.clone())).await.expect("the host takes it");
    assert_eq!(requests().0, gets, "nothing is listed again");

    let late = failure(remote.push(&branch, fetched.tip, &commit(&fetched, "y"), Some(seen)).await);
    assert_eq!(late.kind(), Kind::Conflict, "{late:?}");
    assert_eq!((repository.commits("main").len(), repository.tip("main")), (2, Some(new.id.to_string())));

    let (_, pushes) = requests();
    let now = remote.advertisement().await.expect("write access");
    let late = failure(remote.push(&branch, fetched.tip, &commit(&fetched, "y"), Some(now)).await);
    assert_eq!(late.kind(), Kind::Conflict, "{late:?}");
    assert_eq!(requests().1, pushes + 2, "a list of another tip is listed again, and nothing is pushed");
}

#[tokio::test]
async fn without_an_answer_the_outcome_is_unknown_and_can_be_found_out() {
    for (cut, taken) in [(Cut::BeforeAnswer, true), (Cut::BeforeBody, false)] {
        let world = World::new();
        world.repository();
        let fetched = world.extra().fetch(&wanted("main")).await.expect("a branch");
        let new = commit(&fetched, "x");
        world.server.faults().cut(Rule::new("POST", PUSH), cut);
        let error = failure(world.extra().push(&fetched.branch, fetched.tip, &new, None).await);
        assert_eq!(error.kind(), Kind::UnknownOutcome, "{error:?}");
        let tip = world.extra().outcome().await.expect("the branches").tip(&main_branch());
        assert_eq!(tip, if taken { Some(new.id) } else { fetched.tip }, "{cut:?}");
    }
}

#[tokio::test]
async fn a_gateway_that_fails_leaves_the_outcome_of_a_push_open() {
    let world = World::new();
    world.repository();
    let fetched = world.extra().fetch(&wanted("main")).await.expect("a branch");
    world.server.faults().answer(Rule::new("POST", PUSH), Answer::html(502, "Bad Gateway"));
    let error = failure(world.extra().push(&fetched.branch, fetched.tip, &commit(&fetched, "x"), None).await);
    assert_eq!(error.kind(), Kind::UnknownOutcome, "{error:?}");
}

#[tokio::test]
async fn a_success_that_is_not_of_git_leaves_the_outcome_of_a_push_open() {
    const RESULT: &str = "application/x-git-receive-pack-result";
    let answer = |kind: &str, body: &str| {
        Answer { status: 200, headers: Vec::new(), body: body.to_owned() }.header("content-type", kind)
    };
    for answer in [
        answer(RESULT, ""),
        answer(RESULT, "0000"),
        answer(RESULT, "hello"),
        answer("text/plain", ""),
        answer("application/json", "{}"),
        Answer::html(200, "Welcome"),
        Answer { status: 204, headers: Vec::new(), body: String::new() },
    ] {
        let world = World::new();
        let repository = world.repository();
        let fetched = world.extra().fetch(&wanted("main")).await.expect("a branch");
        let new = commit(&fetched, "x");
        let shown = format!("{answer:?}");
        world.server.faults().answer(Rule::new("POST", PUSH), answer);
        let error = failure(world.extra().push(&fetched.branch, fetched.tip, &new, None).await);
        assert_eq!(error.kind(), Kind::UnknownOutcome, "{shown}: {error:?}");
        world.server.faults().clear();
        let tip = world.extra().outcome().await.expect("the branches").tip(&main_branch());
        assert_eq!(tip.map(|tip| tip.to_string()), repository.tip("main"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_a_proxy_sends_twice_is_applied_once_and_a_success() {
    let world = World::new();
    let repository = world.repository();
    let fetched = world.extra().fetch(&wanted("main")).await.expect("a branch");
    let new = commit(&fetched, "x");
    let (first, again, tip) = (world.extra(), new.clone(), fetched.tip);
    let runtime = tokio::runtime::Handle::current();
    world.server.faults().call(Rule::new("POST", PUSH).nth(1), Moment::BeforeApply, move |_| {
        let pushed = runtime.block_on(first.push(&main_branch(), tip, &again, None));
        pushed.expect("the first of the two is applied");
    });
    world.extra().push(&fetched.branch, fetched.tip, &new, None).await.expect("the commit is on the branch");
    assert_eq!(repository.tip("main"), Some(new.id.to_string()));
    assert_eq!(repository.commits("main").len(), 2);
}

#[tokio::test]
async fn a_file_that_is_small_in_the_pack_and_large_in_memory_is_refused() {
    let world = World::new();
    let repository = world.repository();
    let blanks = vec![b' '; 65 << 20];
    repository.commit("main", "Large", &[("node/blanks".to_owned(), blanks)].into());
    let error = failure(world.extra().fetch(&wanted("main")).await);
    assert_eq!(error.kind(), Kind::Verification, "{error:?}");
    assert!(error.to_string().contains("a file of 65 MiB"), "{error:?}");
    let named = deployer_git::Committish::Branch(main_branch());
    assert_eq!(failure(world.extra().fetch_commit(&named).await).kind(), Kind::Verification);
}

#[tokio::test]
async fn a_host_that_is_busy_says_when_to_come_back() {
    let world = World::new();
    world.repository();
    world.server.faults().answer(Rule::any(), Answer::too_many_requests(7));
    let error = failure(world.extra().fetch(&wanted("main")).await);
    let after = Retry::After(std::time::Duration::from_secs(7));
    assert_eq!((error.kind(), error.retry()), (Kind::RateLimited, after));
}

#[tokio::test]
async fn a_missing_branch_and_an_empty_repository_can_be_filled() {
    let world = World::new();
    let repository = world.repository();
    let new_branch =
        WantedBranch { branch: Some(BranchName::new("prod").expect("a name")), may_be_missing: true };
    let fetched = world.extra().fetch(&new_branch).await.expect("the default branch");
    assert_eq!((fetched.tip, fetched.base.map(|base| base.to_string())), (None, repository.tip("main")));
    world.extra().push(&fetched.branch, None, &commit(&fetched, "x"), None).await.expect("the host takes it");
    assert_eq!(repository.files("prod").len(), 2);
    repository.fsck().expect("git finds nothing wrong");

    let empty = world.host.create_empty("empty", "trunk");
    let remote = world.remote("/git/empty.git", Some(crate::support::TOKEN));
    let fetched = remote
        .fetch(&WantedBranch { branch: None, may_be_missing: true })
        .await
        .expect("an empty repository");
    assert_eq!((fetched.branch.as_str(), fetched.base), ("trunk", None));
    remote.push(&fetched.branch, None, &commit(&fetched, "x"), None).await.expect("the host takes it");
    assert_eq!(empty.files("trunk"), files(&[("node/pipes/b.conf.json", "x")]));
    empty.fsck().expect("git finds nothing wrong");
}

#[tokio::test]
async fn a_run_that_is_asked_to_stop_ends_its_reading_at_once_and_its_writing_soon() {
    let world = World::new();
    world.repository();
    let fetched = world.extra().fetch(&wanted("main")).await.expect("a branch");
    let mut hold = world.server.faults().hold(Rule::any(), Moment::BeforeApply);
    let remote = world.extra();
    let read = tokio::spawn(async move { remote.fetch(&wanted("main")).await });
    hold.arrived().await.expect("the request is held");
    world.context.cancel.cancel();
    assert_eq!(failure(read.await.expect("no panic")).kind(), Kind::Interrupted);

    world.server.faults().clear();
    let world = World { context: deployer_core::plugin::Context::new("test"), ..world };
    let mut hold = world.server.faults().hold(Rule::new("POST", PUSH), Moment::BeforeApply);
    let (remote, new) = (world.extra(), commit(&fetched, "x"));
    let push = tokio::spawn(async move { remote.push(&main_branch(), fetched.tip, &new, None).await });
    hold.arrived().await.expect("the request is held");
    world.context.cancel.cancel();
    assert_eq!(failure(push.await.expect("no panic")).kind(), Kind::UnknownOutcome);
    world.server.faults().clear();
    assert!(world.extra().outcome().await.is_ok(), "the outcome can be asked for after the request to stop");
}
