//! Every way in which a repository is not there for us is told apart.

use crate::support::{TOKEN, World, commit, failure, wanted};
use deployer_core::{Error, Kind, Retry};
use deployer_git::{Access, Remote, RepositoryUrl, WantedBranch};
use deployer_http::HttpSettings;
use deployer_testkit::server::{Answer, Rule, Server};

async fn read(remote: &Remote) -> Error {
    failure(remote.fetch(&wanted("main")).await)
}

#[track_caller]
fn assert_says(error: &Error, kind: Kind, message: &str, hint: &str) {
    assert_eq!(error.kind(), kind, "{error:?}");
    assert!(error.message().contains(message), "{error:?}");
    assert!(error.hints().iter().any(|given| given.contains(hint)), "{error:?}");
}

#[tokio::test]
async fn a_wrong_token_and_no_token_are_told_apart() {
    let world = World::new();
    world.repository();
    let wrong = read(&world.remote("/git/extra.git", Some("canary-7c1d-wrong"))).await;
    assert_says(&wrong, Kind::Unauthenticated, "rejects the token", "expired");
    let none = read(&world.remote("/git/extra.git", None)).await;
    assert_says(&none, Kind::Unauthenticated, "requires a token", "set `token`");
}

#[tokio::test]
async fn a_token_that_may_read_and_not_write_is_found_before_a_push() {
    let world = World::new();
    world.repository().forbid_pushes();
    world.extra().fetch(&wanted("main")).await.expect("reading is allowed");
    let error = failure(world.extra().advertisement().await);
    assert_says(&error, Kind::Denied, "has no write access", "write access");
}

#[tokio::test]
async fn the_host_explains_itself_in_plain_text_only() {
    let world = World::new();
    world.repository();
    let answer = Answer { status: 403, headers: Vec::new(), body: "Write access not granted.\n".to_owned() };
    world
        .server
        .faults()
        .answer(Rule::any().nth(1), answer.header("content-type", "text/plain; charset=utf-8"));
    world.server.faults().answer(Rule::any().nth(2), Answer::html(403, "No"));
    assert_eq!(failure(world.extra().advertisement().await).details(), ["remote: Write access not granted."]);
    assert!(failure(world.extra().advertisement().await).details().is_empty());
}

#[tokio::test]
async fn missing_repositories_branches_and_contents_are_told_apart() {
    let world = World::new();
    world.repository().commit("main-2", "Start", &crate::support::files(&[("a", "b")]));
    let missing = read(&world.remote("/git/absent.git", Some(TOKEN))).await;
    assert_says(&missing, Kind::NotFound, "no repository", "private repository");

    let branch = failure(world.extra().fetch(&wanted("mian")).await);
    assert_says(&branch, Kind::NotFound, "has no branch mian", "did you mean main?");
    assert_eq!(branch.details(), ["its branches: main, main-2"]);

    world.host.create_empty("empty", "main");
    let remote = world.remote("/git/empty.git", Some(TOKEN));
    for wanted in [wanted("main"), WantedBranch::default()] {
        let empty = failure(remote.fetch(&wanted).await);
        assert_says(&empty, Kind::NotFound, "is empty", "`create_branch = true`");
    }
}

#[tokio::test]
async fn a_default_branch_that_does_not_exist_is_named() {
    let world = World::new();
    let repository = world.host.create_empty("headless", "trunk");
    repository.commit("main", "Start", &crate::support::files(&[("a", "b")]));
    let error = failure(world.remote("/git/headless.git", Some(TOKEN)).fetch(&WantedBranch::default()).await);
    assert_eq!((error.kind(), error.details()), (Kind::NotFound, &["its branches: main".to_owned()][..]));
}

#[tokio::test]
async fn an_address_of_something_else_is_no_repository() {
    let world = World::new();
    world.repository();
    world.server.faults().answer(Rule::any(), Answer::html(200, "Welcome"));
    let error = read(&world.extra()).await;
    assert_says(&error, Kind::Unexpected, "is not the address of a git repository", "for cloning");
}

#[tokio::test]
async fn blanks_in_an_address_reach_the_host_as_they_should() {
    let world = World::new();
    for path in ["/git/My Project/x.git", "/git/My%20Project/x.git"] {
        read(&world.remote(path, Some(TOKEN))).await;
    }
    let asked: Vec<_> =
        world.server.log().entries().iter().map(|entry| entry.path_only().to_owned()).collect();
    assert_eq!(asked, ["/git/My%20Project/x.git/info/refs"; 2]);
}

#[tokio::test]
async fn redirects_are_followed_within_the_host_and_nowhere_else() {
    let world = World::new();
    let repository = world.repository();
    let moved = |path: &str| {
        Answer { status: 301, headers: Vec::new(), body: String::new() }.header("location", path)
    };
    world.server.faults().answer(
        Rule::path("/git/old/info/refs?service=git-upload-pack"),
        moved("/git/extra.git/info/refs?service=git-upload-pack"),
    );
    world.server.faults().answer(
        Rule::path("/git/old/info/refs?service=git-receive-pack"),
        moved("/git/extra.git/info/refs?service=git-receive-pack"),
    );
    let remote = world.remote("/git/old", Some(TOKEN));
    let fetched = remote.fetch(&wanted("main")).await.expect("the host leads on");
    remote.push(&fetched.branch, fetched.tip, &commit(&fetched, "x"), None).await.expect("the host leads on");
    assert_eq!(repository.commits("main").len(), 2);

    let elsewhere = World::new();
    elsewhere.repository();
    let target = elsewhere.server.url("/git/extra.git/info/refs?service=git-upload-pack");
    world.server.faults().clear();
    world.server.faults().answer(Rule::any(), moved(&target));
    let error = read(&world.extra()).await;
    assert_says(&error, Kind::Unexpected, &elsewhere.server.address().to_string(), "within one host");
    assert!(elsewhere.server.log().entries().is_empty(), "the token went along");

    world.server.faults().clear();
    world.server.faults().answer(Rule::any(), moved("/git/extra.git/info/refs?service=git-upload-pack"));
    assert_says(&read(&world.extra()).await, Kind::Unexpected, "redirects to", "up to five");
}

#[tokio::test]
async fn hosts_that_cannot_be_reached_or_trusted_are_told_apart() {
    let world = World::new();
    world.repository();
    let remote = |url: &str| {
        let url = RepositoryUrl::parse(url, false).expect("an address");
        Remote::new(url, Access::default(), &HttpSettings::default(), &world.context).expect("good settings")
    };
    let untrusted = read(&remote(&world.server.url("/git/extra.git"))).await;
    assert_eq!((untrusted.kind(), untrusted.retry()), (Kind::Unavailable, Retry::Never), "{untrusted:?}");
    assert!(untrusted.hints().iter().any(|hint| hint.contains("ca_file")), "{untrusted:?}");

    let unknown = read(&remote("host.invalid/a.git")).await;
    assert_eq!((unknown.kind(), unknown.retry()), (Kind::Unavailable, Retry::Soon), "{unknown:?}");

    let closed = Server::https(world.host.router());
    let url = closed.url("/git/extra.git");
    closed.stop().await;
    let refused = read(&remote(&url)).await;
    assert_eq!((refused.kind(), refused.retry()), (Kind::Unavailable, Retry::Soon), "{refused:?}");
}

#[tokio::test]
async fn a_host_that_cannot_answer_now_is_asked_again() {
    let world = World::new();
    world.repository();
    world.server.faults().answer(Rule::any(), Answer::html(503, "Maintenance"));
    for error in [read(&world.extra()).await, failure(world.extra().advertisement().await)] {
        assert_eq!((error.kind(), error.retry()), (Kind::Unavailable, Retry::Soon), "{error:?}");
    }
}

#[tokio::test]
async fn certificates_of_the_environment_are_trusted_as_git_does() {
    let world = World::new();
    world.repository();
    let ca = world.server.ca_file().expect("HTTPS").display().to_string();
    for name in ["GIT_SSL_CAINFO", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] {
        let mut context = deployer_core::plugin::Context::new("test");
        context.variables = [(name, ca.as_str())].into_iter().collect();
        let url = RepositoryUrl::parse(&world.server.url("/git/extra.git"), false).expect("an address");
        let access = Access { token: Some(deployer_core::SecretValue::new(TOKEN)), ..Access::default() };
        let remote = Remote::new(url, access, &HttpSettings::default(), &context).expect("good settings");
        remote.fetch(&wanted("main")).await.expect(name);
    }
}
