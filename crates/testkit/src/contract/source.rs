//! The suite of [`ConfigSource`].

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::traits::{ConfigSource, Snapshot};
use deployer_core::{Kind, Result};

use super::checks::{Secrecy, Support, UNSUPPORTED};
use super::limits::Limits;

/// A limit of a source or of its rig: the case that needs it can't run. A rig declares each one with its reason. The suite fails for a
/// case that can't run without a declared limit, and for a declared limit that doesn't exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SourceLimit {
    /// The place has no links.
    Links,
    /// There is no place that does not exist.
    Absence,
    /// The place has no revisions.
    Revisions,
}

/// A place that a configuration is read from, at first without any file.
#[async_trait]
pub trait SourceRig: Send + Sync {
    /// The source as a run builds it.
    fn source(&self) -> Arc<dyn ConfigSource>;

    /// The limits of the place, each with its reason.
    fn limits(&self) -> Vec<(SourceLimit, &'static str)>;

    /// Writes a file.
    async fn write(&self, path: &str, content: &[u8]);

    /// A path below the root that is a link to a file which exists outside of it.
    async fn link_outside(&self, path: &str) -> Support {
        let _ = path;
        UNSUPPORTED
    }

    /// A source at a place that does not exist.
    fn absent(&self) -> Option<Arc<dyn ConfigSource>> {
        None
    }

    /// The credentials that the source was given; they must show nowhere.
    fn credentials(&self) -> Vec<String> {
        Vec::new()
    }
}

const FILES: [&str; 6] = [
    "node/pipes/b.conf.json",
    "node/pipes/a.conf.json",
    "node/pipes.json",
    "node/systems/æøå 漢字.conf.json",
    "node/deep/er/still/x",
    "other/y",
];

/// Every case that a [`ConfigSource`] has to pass.
///
/// # Panics
/// When it does not pass.
pub async fn config_source_contract(rig: &dyn SourceRig) {
    for path in FILES {
        rig.write(path, path.as_bytes()).await;
    }
    rig.write("node/bytes", b"\xff\x00\xfe").await;
    rig.write("node/empty", b"").await;
    let source = rig.source();
    let snapshot = source.fetch().await.expect("the place exists");

    lists_in_order(&*snapshot).await;
    answers_in_order(&*snapshot).await;
    keeps_bytes(&*snapshot).await;
    refuses_what_leads_out(&*snapshot).await;
    let limits = Limits::new(rig.limits());
    let linked = rig.link_outside("node/out.json").await.is_ok();
    if limits.permit(SourceLimit::Links, "a link that leads out", linked) {
        let snapshot = source.fetch().await.expect("the place exists");
        refused("node/out.json", read(&*snapshot, "node/out.json").await);
        let error =
            snapshot.list("node").await.expect_err("a link that leads out is not left out in silence");
        assert_eq!(error.kind(), Kind::Verification, "{error:?}");
        assert!(format!("{error:?}").contains("node/out.json"), "the error names the link: {error:?}");
    }
    stands_still(rig, &*source, &limits).await;
    let absent = rig.absent();
    if limits.permit(SourceLimit::Absence, "a place that does not exist", absent.is_some()) {
        let error = absent.expect("it was asked above").fetch().await.expect_err("there is nothing");
        assert_eq!(error.kind(), Kind::NotFound, "{error:?}");
    }
    let secrecy = Secrecy::new(rig.credentials());
    secrecy.check("the source", &source);
    secrecy.check("its location", &source.location());
}

async fn read(snapshot: &dyn Snapshot, path: &str) -> Result<Option<Vec<u8>>> {
    let mut answers = snapshot.read(&[path.to_owned()]).await;
    assert_eq!(answers.len(), 1, "one answer for one path");
    answers.remove(0)
}

async fn lists_in_order(snapshot: &dyn Snapshot) {
    let listed = snapshot.list("node").await.expect("it can be listed");
    let mut expected: Vec<&str> = FILES.into_iter().filter(|path| path.starts_with("node/")).collect();
    expected.extend(["node/bytes", "node/empty"]);
    expected.sort_unstable();
    assert_eq!(listed, expected, "all files below the folder, in order of their bytes");
    let all = snapshot.list("").await.expect("the root can be listed");
    assert!(all.iter().any(|path| path == "other/y"), "the root is a folder too: {all:?}");
    assert_eq!(
        snapshot.list("none").await.expect("no failure"),
        Vec::<String>::new(),
        "a folder that is not there"
    );
    assert_eq!(
        snapshot.list("nod").await.expect("no failure"),
        Vec::<String>::new(),
        "a part of a name is not a folder"
    );
}

async fn answers_in_order(snapshot: &dyn Snapshot) {
    let mut paths: Vec<String> = Vec::new();
    for path in FILES {
        paths.extend([
            path.to_owned(),
            format!("node/none/{path}"),
            "../outside".to_owned(),
            path.to_owned(),
        ]);
    }
    let answers = snapshot.read(&paths).await;
    assert_eq!(answers.len(), paths.len(), "every path is answered");
    for (path, answer) in paths.iter().zip(answers) {
        match answer {
            Ok(Some(bytes)) => {
                assert_eq!(bytes, path.as_bytes(), "the answers stand in the order of the paths")
            }
            Ok(None) => assert!(path.starts_with("node/none/"), "{path} exists"),
            Err(error) => {
                assert_eq!((path.as_str(), error.kind()), ("../outside", Kind::Verification), "{error:?}");
            }
        }
    }
    assert!(snapshot.read(&[]).await.is_empty(), "nothing asked, nothing answered");
}

async fn keeps_bytes(snapshot: &dyn Snapshot) {
    let answer = read(snapshot, "node/bytes").await;
    assert_eq!(
        answer.expect("it can be read").as_deref(),
        Some(&b"\xff\x00\xfe"[..]),
        "bytes stay as they are"
    );
    let answer = read(snapshot, "node/empty").await;
    assert_eq!(answer.expect("it can be read").as_deref(), Some(&b""[..]), "an empty file exists");
}

async fn refuses_what_leads_out(snapshot: &dyn Snapshot) {
    for path in ["../x", "node/../../x", "..", "/etc/hostname", "node/../other/y"] {
        refused(path, read(snapshot, path).await);
    }
    assert_eq!(snapshot.list("..").await.expect_err("it leads out").kind(), Kind::Verification);
}

#[track_caller]
fn refused(path: &str, answer: Result<Option<Vec<u8>>>) {
    let error = answer.expect_err(path);
    assert_eq!(error.kind(), Kind::Verification, "{error:?}");
    assert!(format!("{error:?}").contains(path), "the error names the path {path}: {error:?}");
}

/// Where a source has revisions, one snapshot is one revision, whatever happens meanwhile.
async fn stands_still(rig: &dyn SourceRig, source: &dyn ConfigSource, limits: &Limits<SourceLimit>) {
    let revision = source.revision().await.expect("it can be told");
    if !limits.permit(SourceLimit::Revisions, "a snapshot is one revision", revision.is_some()) {
        return;
    }
    assert_eq!(
        source.revision().await.expect("it can be told"),
        revision,
        "nothing changed, the revision stays"
    );
    let snapshot = source.fetch().await.expect("the place exists");
    assert_eq!(snapshot.revision(), revision, "the snapshot is of the current revision");
    rig.write("node/pipes.json", b"changed").await;
    rig.write("node/new.json", b"new").await;
    let answer = read(&*snapshot, "node/pipes.json").await;
    assert_eq!(
        answer.expect("it can be read").as_deref(),
        Some(&b"node/pipes.json"[..]),
        "the snapshot stays"
    );
    assert_eq!(read(&*snapshot, "node/new.json").await.expect("it can be read"), None, "the snapshot stays");
    assert_ne!(source.revision().await.expect("it can be told"), revision, "a change is a new revision");
    let later = source.fetch().await.expect("the place exists");
    let answer = read(&*later, "node/pipes.json").await;
    assert_eq!(answer.expect("it can be read").as_deref(), Some(&b"changed"[..]), "the next snapshot is new");
}
