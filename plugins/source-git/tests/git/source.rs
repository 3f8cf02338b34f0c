//! The plugin against a git host: over HTTPS, SSH and in a folder.

use crate::support::{World, failure, files, git, import, read};
use deployer_core::Kind;
use deployer_core::traits::ConfigSource;
use deployer_testkit::git::{Repository, Sshd};

/// Three commits of `a`: `one` with the tags `light` and `annotated`, `two` at the tip of main, `three` at that of `other`.
fn repository(world: &World) -> (Repository, [String; 3]) {
    let repository =
        world.host.create("configuration", "main", &files(&[("node/a", "one"), ("b", "outside")]));
    let one = repository.tip("main").expect("a commit");
    git(&repository, &["tag", "light"], "");
    git(&repository, &["tag", "-a", "-m", "Release", "annotated"], "");
    git(&repository, &["branch", "other"], "");
    let two = repository.commit("main", "Two", &files(&[("node/a", "two")]));
    let three = repository.commit("other", "Three", &files(&[("node/a", "three")]));
    (repository, [one, two, three])
}

/// What a source reads from `node/a`, and the commit that it says.
async fn text_and_commit(source: &dyn ConfigSource) -> (String, String) {
    let snapshot = source.fetch().await.expect("it can be fetched");
    let revision = snapshot.revision().expect("a repository has revisions");
    assert_eq!(source.revision().await.expect("it can be told"), Some(revision.clone()));
    let text = read(&*snapshot, "node/a").await.expect("it can be read").expect("it is there");
    (text, revision.as_str().rsplit('@').next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_branch_a_tag_and_a_commit_are_read() {
    let world = World::new();
    let (_, [one, two, three]) = repository(&world);
    let earlier = format!("commit = '{one}'");
    let beside = format!("commit = '{one}'\nbranch = 'main'");
    for (settings, text, commit) in [
        ("", "two", &two),
        ("branch = 'other'", "three", &three),
        ("tag = 'light'", "one", &one),
        ("tag = 'refs/tags/annotated'", "one", &one),
        ("reference = 'annotated'", "one", &one),
        ("reference = 'other'", "three", &three),
        (&earlier, "one", &one),
        (&beside, "one", &one),
    ] {
        let read = text_and_commit(&*world.source("configuration", settings)).await;
        assert_eq!((read.0.as_str(), &read.1), (text, commit), "{settings}");
    }
}

#[tokio::test]
async fn the_revision_names_the_repository_for_people() {
    let world = World::new();
    let (_, [_, two, _]) = repository(&world);
    let revision =
        world.source("configuration", "").revision().await.expect("it can be told").expect("a commit");
    let address = world.server.address();
    assert_eq!(revision.as_str(), format!("{address}/git/configuration@{two}"));
    assert_eq!(revision.short(), format!("{address}/git/configuration@{}", &two[..12]));
}

#[tokio::test]
async fn few_requests_are_made() {
    let world = World::new();
    let (_, [one, ..]) = repository(&world);
    let commit = format!("commit = '{one}'");
    for (settings, to_tell, to_fetch) in [("", 2, 3), ("tag = 'light'", 2, 3), (&commit, 0, 3)] {
        let source = world.source("configuration", settings);
        world.server.log().clear();
        source.revision().await.expect("it can be told");
        assert_eq!(world.server.log().entries().len(), to_tell, "{settings}");
        world.server.log().clear();
        let snapshot = source.fetch().await.expect("it can be fetched");
        assert!(world.server.log().entries().len() <= to_fetch, "{settings}");
        world.server.log().clear();
        snapshot.list("").await.expect("it can be listed");
        assert!(world.server.log().entries().is_empty(), "reading asks nobody");
    }
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let world = World::new();
    let (repository, _) = repository(&world);
    world.host.create_empty("empty", "main");
    git(&repository, &["tag", "tree", "main^{tree}"], "");
    let absent = "0123456789abcdef0123456789abcdef01234567";
    let (commit, beside) = (format!("commit = '{absent}'"), format!("commit = '{absent}'\nbranch = 'main'"));
    for (name, settings, words) in [
        ("absent", "", "there is no repository"),
        ("empty", "", "is empty"),
        ("configuration", "branch = 'mian'", "has no branch mian"),
        ("configuration", "tag = 'v1'", "has no tag v1"),
        ("configuration", "reference = 'v1'", "has no branch v1"),
        ("configuration", "tag = 'tree'", "is not a commit"),
        ("configuration", "folder = 'nod'", "the folder \"nod\" does not exist"),
        ("configuration", &commit, absent),
        ("configuration", &beside, "branch main of the repository"),
    ] {
        let error = failure(world.source(name, settings).fetch().await);
        assert_eq!(error.kind(), Kind::NotFound, "{error:?}");
        assert!(error.message().contains(words) && !error.hints().is_empty(), "{settings}: {error:?}");
        assert!(!format!("{error:?}").contains("create_branch"), "that is for targets: {error:?}");
    }
    let error = failure(world.source("configuration", "tag = 'lihgt'").revision().await);
    assert_eq!(error.details(), ["its tags: annotated, light, tree"]);
    assert_eq!(error.hints(), ["did you mean light?"]);
}

#[tokio::test]
async fn a_wrong_token_and_none_are_told_apart() {
    let world = World::new();
    repository(&world);
    for (settings, words) in [("token = { env = 'WRONG' }", "rejects the token"), ("", "requires a token")] {
        let source = world.https("configuration", settings);
        for error in [failure(source.fetch().await), failure(source.revision().await)] {
            assert_eq!(error.kind(), Kind::Unauthenticated);
            assert!(error.message().contains(words), "{error:?}");
        }
    }
}

#[tokio::test]
async fn links_stay_inside_and_those_that_do_not_are_errors_as_submodules_are() {
    let world = World::new();
    let (repository, [one, ..]) = repository(&world);
    import(&repository, "M 120000 inline node/link\ndata 1\na\n");
    let source = world.source("configuration", "folder = 'node/'");
    let snapshot = source.fetch().await.expect("it can be fetched");
    assert_eq!(snapshot.list("").await.expect("it can be listed"), ["a", "link"]);
    assert_eq!(read(&*snapshot, "link").await.expect("a link"), Some("two".to_owned()));

    let added = format!("M 120000 inline node/out\ndata 4\n../b\nM 160000 {one} node/sub\n");
    import(&repository, &added);
    let snapshot = source.fetch().await.expect("it can be fetched");
    let error = failure(snapshot.list("").await);
    let named: Vec<_> = error.related().iter().map(deployer_core::Error::message).collect();
    assert!(named.len() == 2 && named[0].contains("\"out\"") && named[1].contains("\"sub\""), "{error:?}");
    for path in ["out", "sub/x", "../b"] {
        assert_eq!(failure(read(&*snapshot, path).await).kind(), Kind::Verification, "{path}");
    }
    let whole = world.source("configuration", "").fetch().await.expect("it can be fetched");
    assert_eq!(read(&*whole, "node/out").await.expect("a link inside the root"), Some("outside".to_owned()));
}

#[tokio::test]
async fn many_files_are_read_in_their_order() {
    let world = World::new();
    let names: Vec<String> = (0..300).map(|number| format!("node/{number:03}")).collect();
    let all = names.iter().map(|name| (name.clone(), name.clone().into_bytes())).collect();
    world.host.create("large", "main", &all);
    let snapshot = world.source("large", "").fetch().await.expect("it can be fetched");
    assert_eq!(snapshot.list("node").await.expect("it can be listed"), names);
    for (answer, name) in snapshot.read(&names).await.into_iter().zip(&names) {
        assert_eq!(answer.expect("it can be read").as_deref(), Some(name.as_bytes()));
    }
}

#[tokio::test]
async fn a_deploy_key_opens_a_repository_over_ssh() {
    let server = match Sshd::start() {
        Ok(server) => server,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let world = World::new();
    let (repository, [one, two, _]) = repository(&world);
    let (key, hosts) = (server.client_key(), server.known_hosts());
    let access = format!("ssh_key = {{ file = '{}' }}\nknown_hosts = '{}'", key.display(), hosts.display());
    let url = server.url(&repository);
    let source = world.local(&url, &access);
    assert_eq!(text_and_commit(&*source).await, ("two".to_owned(), two));
    let revision = source.revision().await.expect("it can be told").expect("a commit");
    assert!(revision.as_str().starts_with("127.0.0.1:"), "without the user: {revision}");
    let earlier = world.local(&url, &format!("{access}\ncommit = '{one}'"));
    assert_eq!(text_and_commit(&*earlier).await, ("one".to_owned(), one));

    let absent = failure(world.local(&format!("{url}-absent"), &access).fetch().await);
    assert_eq!(absent.kind(), Kind::NotFound, "{absent:?}");
    let empty = tempfile::NamedTempFile::new().expect("a temporary file");
    let unknown = access.replace(&hosts.display().to_string(), &empty.path().display().to_string());
    let refused = failure(world.local(&url, &unknown).fetch().await);
    assert_eq!(refused.kind(), Kind::Settings, "{refused:?}");
    let accepted = world.local(&url, &format!("{unknown}\naccept_new_host_keys = true"));
    accepted.fetch().await.expect("the first key of a host is accepted");
    let added = std::fs::read_to_string(empty.path()).expect("the file");
    assert!(added.contains(" ssh-ed25519 "), "{added}");
    world.local(&url, &unknown).fetch().await.expect("the host is known now");

    let stranger = access.replace("client_key", "host_key");
    let refused = failure(world.local(&url, &stranger).fetch().await);
    assert_eq!(refused.kind(), Kind::Unauthenticated, "{refused:?}");
}
