//! The object in which replicas share what they know: who is alive, the state of each deployment, and what people ask for.

use std::collections::{BTreeMap, BTreeSet};

use deployer_core::{Error, Kind, Result};
use deployer_watch::{Sign, Told};
use serde::{Deserialize, Serialize};

use crate::watching::DEPLOYING;

/// The format that this version of the program writes.
const FORMAT: u64 = 1;

/// The whole object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Document {
    format: u64,
    /// The replicas by ID.
    #[serde(default)]
    pub(super) replicas: BTreeMap<String, Replica>,
    /// The deployments by name.
    #[serde(default)]
    pub(super) deployments: BTreeMap<String, Deployment>,
}

/// A replica.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Replica {
    /// Its machine, for people.
    pub(super) machine: String,
    /// Grows with each sign of life.
    pub(super) sequence: u64,
    /// The deployments that it can serve.
    pub(super) deployments: BTreeSet<String>,
}

/// A deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Deployment {
    /// What the replica that serves it says of it.
    #[serde(default)]
    pub(super) post: Post,
    /// How often other replicas were asked to check it now.
    #[serde(default)]
    pub(super) triggers: u64,
    /// The plan that somebody approved on another replica.
    #[serde(default)]
    pub(super) approved: Option<String>,
}

/// The state of a deployment, from the replica that serves it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::commands::watch) struct Post {
    /// The state in a word.
    pub(in crate::commands::watch) state: String,
    /// The plan that is held.
    pub(in crate::commands::watch) plan: Option<String>,
    /// The newest revision of the source.
    pub(in crate::commands::watch) newest: Option<String>,
    /// The deployed revision.
    pub(in crate::commands::watch) deployed: Option<String>,
    /// What people were told. Reports of another version of the program are not read.
    #[serde(deserialize_with = "known")]
    pub(in crate::commands::watch) told: Told,
}

/// The first member of every format.
#[derive(Deserialize)]
struct Format {
    format: u64,
}

fn known<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Told, D::Error> {
    let told = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(told).unwrap_or_default())
}

impl Post {
    /// Whether the other replicas must see a later state at once: people were told something, the held plan changed, or a deploy began or
    /// ended.
    pub(super) fn is_outdated_by(&self, later: &Self) -> bool {
        let is_deploying = |post: &Self| post.state == DEPLOYING;
        let of = |post: &Self| (is_deploying(post), post.told.clone(), post.plan.clone());
        of(self) != of(later)
    }
}

impl Document {
    /// An object without replicas.
    pub(super) fn empty() -> Self {
        Self { format: FORMAT, replicas: BTreeMap::new(), deployments: BTreeMap::new() }
    }

    /// Reads an object. One that is invalid is replaced: it is written again with each sign of life.
    ///
    /// # Errors
    /// `Refused` for the format of a newer version of the program.
    pub(super) fn parse(name: &str, content: &[u8]) -> Result<Self> {
        if let Ok(Format { format }) = serde_json::from_slice(content)
            && format > FORMAT
        {
            let message =
                format!("{name}: a newer version wrote this object (format {format}, expected {FORMAT})");
            return Err(Error::new(Kind::Refused, message).with_hint("update sesam-deployer"));
        }
        Ok(serde_json::from_slice(content).unwrap_or_else(|_| Self::empty()))
    }

    /// The content of the object.
    ///
    /// # Errors
    /// `Bug` if it cannot be written as JSON.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec_pretty(self)
            .map_err(|error| Error::new(Kind::Bug, "write the signs of life of replicas").with_cause(error))
    }

    /// The signs of life.
    pub(super) fn signs(&self) -> BTreeMap<String, Sign> {
        let sign =
            |replica: &Replica| Sign { sequence: replica.sequence, deployments: replica.deployments.clone() };
        self.replicas.iter().map(|(id, replica)| (id.clone(), sign(replica))).collect()
    }

    /// Removes deployments that no replica can serve.
    pub(super) fn tidy(&mut self) {
        let Self { replicas, deployments, .. } = self;
        deployments.retain(|name, _| replicas.values().any(|replica| replica.deployments.contains(name)));
    }
}

impl Deployment {
    /// Takes the approval of the plan that the deployment holds. An approval of another plan than the held one is dropped.
    pub(super) fn take_approval(&mut self) -> Option<String> {
        let is_held = self.approved.is_some() && self.approved == self.post.plan;
        // Before the plan is made again, it is not known whether it is the approved one.
        let is_early = ["", "waiting", DEPLOYING, "comparing"].contains(&self.post.state.as_str());
        if is_early && !is_held {
            return None;
        }
        self.approved.take().filter(|_| is_held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_object_is_replaced_and_a_newer_one_is_refused() {
        let mut document = Document::empty();
        let replica = Replica { machine: "m".to_owned(), sequence: 3, deployments: ["a".to_owned()].into() };
        document.replicas.insert("one".to_owned(), replica);
        document.deployments.insert("a".to_owned(), Deployment::default());
        document.deployments.insert("gone".to_owned(), Deployment::default());
        document.tidy();
        assert!(document.deployments.keys().eq(["a"]));
        let text = document.to_bytes().expect("JSON");
        assert_eq!(Document::parse("o", &text).expect("it is ours"), document);
        for invalid in [&b"{"[..], b"[]", b"{\"format\":1,\"replicas\":3}", b"\xff"] {
            assert_eq!(Document::parse("o", invalid).expect("it is replaced"), Document::empty());
        }
        let newer = Document::parse("o", b"{\"format\":2}").expect_err("it is newer");
        assert_eq!(newer.kind(), Kind::Refused);
    }

    #[test]
    fn only_the_held_plan_is_approved() {
        let deployment = |state: &str, plan: Option<&str>| Deployment {
            post: Post { state: state.to_owned(), plan: plan.map(str::to_owned), ..Post::default() },
            triggers: 0,
            approved: Some("p".to_owned()),
        };
        for (state, plan, taken, left) in [
            ("held", Some("p"), Some("p"), None),
            ("held", Some("q"), None, None),
            ("in step", None, None, None),
            ("deploying", None, None, Some("p")),
            ("comparing", Some("p"), Some("p"), None),
        ] {
            let mut deployment = deployment(state, plan);
            assert_eq!(deployment.take_approval().as_deref(), taken, "{state}");
            assert_eq!(deployment.approved.as_deref(), left, "{state}");
        }
    }

    #[test]
    fn others_see_at_once_that_a_deploy_begins_and_ends() {
        let post = |state: &str, plan: Option<&str>| Post {
            state: state.to_owned(),
            plan: plan.map(str::to_owned),
            newest: Some("r1".to_owned()),
            ..Post::default()
        };
        let (waiting, deploying) = (post("waiting", None), post("deploying", None));
        assert!(waiting.is_outdated_by(&deploying) && deploying.is_outdated_by(&post("in step", None)));
        assert!(!waiting.is_outdated_by(&post("comparing", None)), "the next sign of life shows it");
        assert!(!deploying.is_outdated_by(&deploying));
        assert!(post("held", Some("p")).is_outdated_by(&post("held", Some("q"))));
    }

    #[test]
    fn unknown_reports_are_not_read() {
        let text = br#"{"format":1,"deployments":{"a":{"post":{"state":"held","told":{"targets":{"x":{"notice":{"new":1}}}}}}}}"#;
        let document = Document::parse("o", text).expect("it is ours");
        assert_eq!(
            (&*document.deployments["a"].post.state, &document.deployments["a"].post.told),
            ("held", &Told::default())
        );
    }
}
