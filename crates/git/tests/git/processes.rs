//! Git over SSH, and in folders of this machine.

use std::path::Path;

use crate::support::{commit, failure, files, wanted};
use deployer_core::plugin::Context;
use deployer_core::{Kind, SecretValue};
use deployer_git::{Access, BranchName, Committish, FetchedCommit, Remote, RepositoryUrl, WantedBranch};
use deployer_http::HttpSettings;
use deployer_testkit::git::{GitHost, Repository, Sshd};

fn context() -> Context {
    let mut context = Context::new("test");
    // The real one, as the program gives it.
    context.variables = std::env::vars().filter(|(name, _)| name == "PATH").collect();
    context
}

fn remote(url: &str, access: Access) -> Remote {
    remote_with(&context(), url, access)
}

fn repository(host: &GitHost) -> Repository {
    host.create("o'extra", "main", &files(&[("README.md", "hello\n"), ("node/pipes/a.conf.json", "{}\n")]))
}

/// Fetch, push, push again on the old tip.
async fn round(remote: &Remote, repository: &Repository) {
    let fetched = remote.fetch(&WantedBranch::default()).await.expect("the default branch");
    assert_eq!(remote.advertisement().await.expect("write access").tip(&fetched.branch), fetched.tip);
    remote.push(&fetched.branch, fetched.tip, &commit(&fetched, "x"), None).await.expect("it is taken");
    assert_eq!(repository.files("main"), files(&[("README.md", "hello\n"), ("node/pipes/b.conf.json", "x")]));
    repository.fsck().expect("git finds nothing wrong");
    let late = remote.push(&fetched.branch, fetched.tip, &commit(&fetched, "y"), None).await;
    assert_eq!(failure(late).kind(), Kind::Conflict);
    repository.decline_pushes("not today");
    let fetched = remote.fetch(&WantedBranch::default()).await.expect("the default branch");
    let declined = failure(remote.push(&fetched.branch, fetched.tip, &commit(&fetched, "z"), None).await);
    assert_eq!(
        (declined.kind(), declined.details()),
        (Kind::Rejected, &["remote: not today".to_owned()][..])
    );
}

#[tokio::test]
async fn folders_of_this_machine_work_like_any_host() {
    let host = GitHost::new();
    let repository = repository(&host);
    round(&remote(&repository.file_url(), Access::default()), &repository).await;
    let missing = failure(
        remote(&format!("{}/absent.git", host.root().display()), Access::default())
            .fetch(&wanted("main"))
            .await,
    );
    assert_eq!(missing.kind(), Kind::NotFound, "{missing:?}");
}

#[tokio::test]
async fn a_program_that_is_missing_is_named() {
    let mut context = context();
    context.variables = [("PATH", "/nowhere")].into_iter().collect();
    let remote = remote_with(&context, "/srv/a.git", Access::default());
    let error = failure(remote.fetch(&wanted("main")).await);
    assert!(error.kind() == Kind::Settings && error.message().contains("git cannot be started"), "{error:?}");
}

/// An `ssh` of our own, which writes down how it was called and does as it is told on this machine.
fn with_own_ssh(home: &Path, script: &str) -> Context {
    std::fs::write(home.join("script"), script).expect("a folder of ours");
    let programs = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs");
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
    let home = home.display().to_string();
    let mut context = Context::new("test");
    context.variables =
        [("PATH", path.as_str()), ("HOME", &home), ("TOKEN", "canary-7c1d")].into_iter().collect();
    context
}

fn remote_with(context: &Context, url: &str, access: Access) -> Remote {
    let url = RepositoryUrl::parse(url, false).expect("an address");
    Remote::new(url, access, &HttpSettings::default(), context).expect("good settings")
}

#[tokio::test]
async fn ssh_is_called_with_nothing_left_open_and_no_credentials_in_sight() {
    let host = GitHost::new();
    let repository = repository(&host);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = "printf '%s\\n' \"$@\" > arguments; env > environment\n\
                  while [ \"$1\" != -- ]; do case \"$1\" in IdentityFile=*) file=${1#*=\\\"}; cp \"${file%\\\"}\" key; ls -l \"${file%\\\"}\" > mode;; esac; shift; done\n\
                  eval \"exec $3\"";
    let context = with_own_ssh(folder.path(), script);
    let access = Access {
        ssh_key: Some(SecretValue::new("canary-7c1d-key")),
        known_hosts: Some("known hosts".into()),
        ..Access::default()
    };
    let url = format!("ssh://git@host:2222{}", repository.folder().display());
    round(&remote_with(&context, &url, access), &repository).await;

    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect(name);
    let arguments = read("arguments");
    for expected in [
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
        "UserKnownHostsFile=\"./known hosts\"",
        "-p\n2222",
        "-l\ngit",
        "--\nhost\ngit-receive-pack '",
    ] {
        assert!(arguments.contains(expected), "{expected} in {arguments}");
    }
    assert!(!arguments.contains("canary") && !read("environment").contains("canary"));
    assert_eq!(read("key"), "canary-7c1d-key\n");
    assert!(read("mode").starts_with("-rw------- "), "{}", read("mode"));
    let left = arguments
        .split("IdentityFile=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a key file");
    assert!(!Path::new(left).exists(), "{left} is left");
}

/// A host of the old protocol gives only what a branch or tag points at; what is further back is found in the history.
#[tokio::test]
async fn a_commit_that_a_host_gives_with_its_history_alone_is_found_there() {
    let host = GitHost::new();
    let repository = repository(&host);
    let first = repository.tip("main").expect("a commit");
    let tip = repository.commit("main", "Second", &files(&[("README.md", "bye\n")]));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = "unset GIT_PROTOCOL\nwhile [ \"$1\" != -- ]; do shift; done\neval \"exec $3\"";
    let context = with_own_ssh(folder.path(), script);
    let url = format!("ssh://git@host{}", repository.folder().display());
    let remote = remote_with(&context, &url, Access::default());
    let text = |fetched: &FetchedCommit| {
        let entries = fetched.repository.entries(fetched.commit, "").expect("a tree").expect("the root");
        let readme = entries.iter().find(|entry| entry.path == "README.md").expect("a file");
        fetched.repository.contents(&[readme.id]).remove(0).expect("it can be read")
    };
    let named = |id: &str, branch: Option<&str>| {
        Committish::commit(id, branch.map(|branch| BranchName::new(branch).expect("a name"))).expect("an id")
    };

    let fetched = remote.fetch_commit(&named(&tip, None)).await.expect("a branch points at it");
    assert_eq!(text(&fetched), b"bye\n");
    let alone = failure(remote.fetch_commit(&named(&first, None)).await);
    assert_eq!(alone.kind(), Kind::NotFound, "{alone:?}");
    assert!(alone.hints().iter().any(|hint| hint.contains("set `branch` too")), "{alone:?}");
    let fetched = remote.fetch_commit(&named(&first, Some("main"))).await.expect("it is in the history");
    assert_eq!((fetched.commit.to_string(), text(&fetched)), (first, b"hello\n".to_vec()));
    let absent = named("0123456789abcdef0123456789abcdef01234567", Some("main"));
    let absent = failure(remote.fetch_commit(&absent).await);
    assert!(absent.kind() == Kind::NotFound && absent.message().contains("branch main"), "{absent:?}");
}

#[tokio::test]
async fn a_process_that_hangs_ends_with_the_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let context = with_own_ssh(folder.path(), "exec cat");
    let remote = remote_with(&context, "git@host:a.git", Access::default());
    let wanted = WantedBranch::default();
    let (read, ()) = tokio::join!(remote.fetch(&wanted), async { context.cancel.cancel() });
    assert_eq!(failure(read).kind(), Kind::Interrupted);
}

#[tokio::test]
async fn what_a_process_complains_about_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let context = with_own_ssh(folder.path(), "echo 'ERROR: Repository not found.' >&2; exit 1");
    let remote = remote_with(&context, "git@host:a.git", Access::default());
    let error = failure(remote.fetch(&WantedBranch::default()).await);
    assert_eq!(
        (error.kind(), error.details()),
        (Kind::NotFound, &["ERROR: Repository not found.".to_owned()][..])
    );
}

fn key(file: &Path) -> SecretValue {
    // As a credential is resolved: without the line end that OpenSSH asks for.
    SecretValue::new(std::fs::read_to_string(file).expect("a key").trim_end())
}

#[tokio::test]
async fn ssh_works_with_a_key_of_our_own_and_leaves_no_file_of_it() {
    let server = match Sshd::start() {
        Ok(server) => server,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let host = GitHost::new();
    let repository = repository(&host);
    let access = Access {
        ssh_key: Some(key(&server.client_key())),
        known_hosts: Some(server.known_hosts()),
        ..Access::default()
    };
    round(&remote(&server.url(&repository), access.clone()), &repository).await;

    let missing = remote(&format!("{}-absent", server.url(&repository)), access.clone());
    let missing = failure(missing.fetch(&wanted("main")).await);
    assert_eq!(missing.kind(), Kind::NotFound, "{missing:?}");

    let stranger = server.known_hosts().with_file_name("host_key");
    let refused =
        remote(&server.url(&repository), Access { ssh_key: Some(key(&stranger)), ..access.clone() });
    let refused = failure(refused.fetch(&wanted("main")).await);
    assert_eq!(refused.kind(), Kind::Unauthenticated, "{refused:?}");

    let secret = std::fs::read(server.client_key()).expect("a key");
    for entry in std::fs::read_dir(std::env::temp_dir()).expect("a temporary folder").filter_map(Result::ok) {
        let kept =
            std::fs::read(entry.path()).is_ok_and(|content| content.starts_with(secret.trim_ascii_end()));
        assert!(!kept, "{} holds the key", entry.path().display());
    }

    let nobody = server.known_hosts().with_file_name("nobody");
    let unknown = remote(&server.url(&repository), Access { known_hosts: Some(nobody), ..access });
    let unknown = failure(unknown.fetch(&wanted("main")).await);
    assert_eq!(unknown.kind(), Kind::Settings, "{unknown:?}");
}
