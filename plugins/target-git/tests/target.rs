//! The plugin against a git host over HTTPS, from settings to commits.

use std::collections::BTreeMap;
use std::sync::Arc;

use deployer_core::document::SourceText;
use deployer_core::model::{Desired, NodeName, NodePlan, Observed, Revision};
use deployer_core::plugin::{Build, Context, Section, WriteAccess};
use deployer_core::traits::{Landed, NodeTarget, Secrets, Step};
use deployer_core::{Error, Kind};
use deployer_target_git::GIT;
use deployer_testkit::engine::stages::diff;
use deployer_testkit::git::{GitHost, Repository};
use deployer_testkit::server::{Cut, Rule, Server};
use deployer_testkit::states::desired;

const TOKEN: &str = "canary-91f0\"%+/";

struct World {
    host: GitHost,
    server: Server,
    context: Context,
}

impl World {
    fn new() -> Self {
        let host = GitHost::new();
        host.accept_token(TOKEN);
        let server = Server::https(host.router());
        let mut context = Context::new("test");
        context.variables = [("TOKEN", TOKEN), ("GIT_AUTHOR_NAME", "Åse")].into_iter().collect();
        context.link = Some("https://ci.example/7".to_owned());
        Self { host, server, context }
    }

    fn repository(&self, entries: &[(&str, &str)]) -> Repository {
        self.host.create("extra", "main", &files(entries))
    }

    /// The target as the program builds it.
    fn target(&self, more: &str) -> Arc<dyn NodeTarget> {
        let ca_file = self.server.ca_file().expect("HTTPS").display();
        let url = self.server.url(&self.host.path("extra"));
        let text = format!(
            "url = \"{url}\"\ntoken = {{ env = \"TOKEN\" }}\nhttp = {{ ca_file = \"{ca_file}\" }}\n{more}\n"
        );
        let source = SourceText::new("deployer.toml", text);
        let Build::Target(build) = GIT.build else { panic!("it is a target") };
        build(Section::parse("nodes.extra", &source).expect("TOML"), &self.context).expect("good settings")
    }
}

fn files(entries: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    entries.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

fn plan(target: &dyn NodeTarget, observed: &Observed, desired: Desired) -> NodePlan {
    let revision = Revision::new("github.com/acme/node@0123456789abcdef0123456789abcdef01234567");
    diff(&NodeName::new("extra"), "test", Some(&revision), &target.location(), desired, observed)
}

async fn prepare(target: &dyn NodeTarget, desired: Desired) -> (NodePlan, Vec<Box<dyn Step>>) {
    let observed = target.observe().await.expect("it can be read");
    let plan = plan(target, &observed, desired);
    let steps = target.prepare(&plan, &Secrets::new()).await.expect("it can be prepared");
    (plan, steps)
}

fn failure<T>(result: Result<T, Error>) -> Error {
    let error = result.err().expect("it must fail");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    error
}

const PIPE: &str = r#"{"_id": "p", "type": "pipe", "source": {"type": "embedded"}}"#;
const SYSTEM: &str = r#"{"_id": "s", "type": "system:url"}"#;

#[tokio::test]
async fn the_folder_is_replaced_and_a_second_run_finds_nothing() {
    let world = World::new();
    let repository = world.repository(&[
        ("README.md", "hello\n"),
        ("node/pipes/old.conf.json", r#"{"_id": "old", "type": "pipe"}"#),
        ("node/systems/s.conf.json", "{\"type\":\"system:url\",\"_id\":\"s\"}"),
        ("node/variables/variables-prod.json", "{}"),
        ("node/notes.txt", "x"),
    ]);
    let target = world.target("");
    let (plan, steps) = prepare(&*target, desired(&[PIPE, SYSTEM], Some(r#"{"x": 1}"#))).await;
    assert_eq!((plan.entity_counts().added, plan.entity_counts().removed), (1, 1));
    assert_eq!(plan.stray, ["node/notes.txt", "node/variables/variables-prod.json"]);
    assert_eq!(steps.iter().map(|step| step.name()).collect::<Vec<_>>(), ["push to branch main"]);
    let done = steps[0].execute().await.expect("it is taken");
    assert!(done.detail.ends_with(": 2 files written, 3 files removed"), "{}", done.detail);

    let expected = [
        ("README.md", "hello\n"),
        (
            "node/pipes/p.conf.json",
            "{\n  \"_id\": \"p\",\n  \"type\": \"pipe\",\n  \"source\": {\n    \"type\": \"embedded\"\n  }\n}\n",
        ),
        ("node/systems/s.conf.json", "{\"type\":\"system:url\",\"_id\":\"s\"}"),
        ("node/variables/variables-test.json", "{\n  \"x\": 1\n}\n"),
    ];
    assert_eq!(repository.files("main"), files(&expected));
    let commit = repository.commits("main").swap_remove(0);
    assert_eq!(commit.author, "Åse <sesam-deployer@localhost>");
    assert_eq!(
        commit.message,
        "Deploy extra to test\n\nDeployed from github.com/acme/node@0123456789ab\nRun: https://ci.example/7"
    );
    repository.fsck().expect("git finds nothing wrong");

    let (plan, steps) = prepare(&*world.target(""), desired(&[PIPE, SYSTEM], Some(r#"{"x": 1}"#))).await;
    assert!(plan.is_empty() && steps.is_empty(), "{plan:?}");
}

#[tokio::test]
async fn a_run_that_cannot_write_reads_the_branch_and_pushes_nothing() {
    let mut world = World::new();
    let repository = world.repository(&[("README.md", "hello\n")]);
    world.context.writes = WriteAccess::none();
    let target = world.target("");
    let (_, steps) = prepare(&*target, desired(&[PIPE], None)).await;
    assert_eq!(failure(steps[0].execute().await).kind(), Kind::Bug, "no command has locked the target");
    assert_eq!(repository.files("main").len(), 1);
    assert!(
        !world.server.log().entries().iter().any(|entry| entry.is("POST", "/git/extra.git/git-receive-pack"))
    );
    world.context.writes.allow(None);
    steps[0].execute().await.expect("it is taken");
    assert_eq!(repository.files("main").len(), 2);
}

#[tokio::test]
async fn broken_files_are_replaced() {
    let world = World::new();
    let repository =
        world.repository(&[("node/pipes/p.conf.json", "{"), ("node/variables/variables-test.json", "[")]);
    let target = world.target("");
    let (plan, steps) = prepare(&*target, desired(&[PIPE], Some(r#"{"x": 1}"#))).await;
    assert_eq!(plan.stray, ["node/pipes/p.conf.json", "node/variables/variables-test.json"]);
    steps[0].execute().await.expect("it is taken");
    assert_eq!(repository.files("main").len(), 2);
    assert!(prepare(&*target, desired(&[PIPE], Some(r#"{"x": 1}"#))).await.0.is_empty());
}

#[tokio::test]
async fn observing_takes_four_requests_and_writing_one() {
    let world = World::new();
    world.repository(&[("a", "b")]);
    let target = world.target("");
    let (_, steps) = prepare(&*target, desired(&[PIPE], Some("{}"))).await;
    assert_eq!(world.server.log().entries().len(), 4);
    world.server.log().clear();
    steps[0].execute().await.expect("it is taken");
    assert_eq!(world.server.log().entries().len(), 1);
}

#[tokio::test]
async fn a_lost_race_is_a_conflict_and_planning_again_keeps_both() {
    let world = World::new();
    let repository = world.repository(&[("a", "b")]);
    let target = world.target("");
    let (_, steps) = prepare(&*target, desired(&[PIPE], Some("{}"))).await;
    repository.commit("main", "Other", &files(&[("other", "x")]));
    assert_eq!(failure(steps[0].execute().await).kind(), Kind::Conflict);
    assert_eq!(repository.commits("main")[0].message, "Other");

    let (_, steps) = prepare(&*target, desired(&[PIPE], Some("{}"))).await;
    steps[0].execute().await.expect("it is taken");
    assert_eq!(
        repository.files("main").into_keys().collect::<Vec<_>>(),
        ["a", "node/pipes/p.conf.json", "other"]
    );
}

#[tokio::test]
async fn a_plan_of_another_state_is_a_conflict() {
    let world = World::new();
    let repository = world.repository(&[("a", "b")]);
    let target = world.target("");
    let observed = target.observe().await.expect("it can be read");
    let plan = plan(&*target, &observed, desired(&[PIPE], Some("{}")));
    let another = world.target("");
    let steps = another.prepare(&plan, &Secrets::new()).await.expect("nothing has changed");
    assert_eq!(steps.len(), 1);
    repository.commit("main", "Other", &files(&[("other", "x")]));
    let refused = world.target("").prepare(&plan, &Secrets::new()).await;
    assert_eq!(failure(refused).kind(), Kind::Conflict);
}

#[tokio::test]
async fn after_a_cut_connection_the_outcome_is_read_back() {
    for (cut, expected) in [(Cut::BeforeAnswer, Landed::Yes), (Cut::BeforeBody, Landed::No)] {
        let world = World::new();
        let repository = world.repository(&[("a", "b")]);
        let target = world.target("");
        let (_, steps) = prepare(&*target, desired(&[PIPE], Some("{}"))).await;
        assert_eq!(steps[0].landed().await.expect("nothing was sent"), Landed::No);
        world.server.faults().cut(Rule::new("POST", "*/git-receive-pack"), cut);
        assert_eq!(failure(steps[0].execute().await).kind(), Kind::UnknownOutcome);
        assert_eq!(steps[0].landed().await.expect("it can be read"), expected, "{cut:?}");
        world.server.faults().clear();
        steps[0].execute().await.expect("sending it again is harmless");
        assert_eq!(repository.commits("main").len(), 2);
        repository.commit("main", "Other", &files(&[("other", "x")]));
        assert_eq!(steps[0].landed().await.expect("it can be read"), Landed::Conflict);
    }
}

#[tokio::test]
async fn what_forbids_writing_is_found_when_observing() {
    let world = World::new();
    world.repository(&[("a", "b")]).forbid_pushes();
    assert_eq!(failure(world.target("").observe().await).kind(), Kind::Denied);
    assert_eq!(failure(world.target("branch = \"mian\"").observe().await).kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_declined_commit_shows_the_words_of_the_host() {
    let world = World::new();
    world.repository(&[("a", "b")]).decline_pushes("freeze until Monday");
    let (_, steps) = prepare(&*world.target(""), desired(&[PIPE], Some("{}"))).await;
    let error = failure(steps[0].execute().await);
    assert_eq!(
        (error.kind(), error.details()),
        (Kind::Rejected, &["remote: freeze until Monday".to_owned()][..])
    );
}

#[tokio::test]
async fn a_branch_can_be_created_on_the_default_one_and_in_an_empty_repository() {
    let world = World::new();
    let repository = world.repository(&[("a", "b")]);
    let target = world.target("branch = \"prod\"\ncreate_branch = true");
    let observed = target.observe().await.expect("it can be read");
    assert!(observed.notes[0].message.contains("creates the branch prod"), "{:?}", observed.notes);
    let (_, steps) = prepare(&*target, desired(&[PIPE], Some("{}"))).await;
    steps[0].execute().await.expect("it is taken");
    assert_eq!(repository.files("prod").into_keys().collect::<Vec<_>>(), ["a", "node/pipes/p.conf.json"]);
    assert!(prepare(&*target, desired(&[PIPE], Some("{}"))).await.1.is_empty());

    let world = World::new();
    let repository = world.host.create_empty("extra", "main");
    let (_, steps) = prepare(&*world.target("create_branch = true"), desired(&[PIPE], Some("{}"))).await;
    steps[0].execute().await.expect("it is taken");
    assert_eq!(repository.commits("main").len(), 1);
}

#[tokio::test]
async fn a_push_cannot_be_undone() {
    let world = World::new();
    world.repository(&[("a", "b")]);
    let (_, steps) = prepare(&*world.target(""), desired(&[PIPE], Some("{}"))).await;
    assert!(steps[0].undo().is_none());
}
