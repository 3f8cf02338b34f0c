//! A record as a Lease (<https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/>).

use std::collections::BTreeMap;

use deployer_core::traits::ObjectVersion;
use deployer_core::{Error, Kind, Result};
use deployer_state::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The annotation with the record.
pub(crate) const RECORD: &str = "sesam-deployer/record";

/// A Lease.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lease {
    api_version: String,
    kind: String,
    pub(crate) metadata: Metadata,
    #[serde(default)]
    spec: Spec,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Metadata {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    uid: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    resource_version: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

/// What `kubectl get lease` shows. We read none of it: the clock and the holder of the record decide.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    #[serde(skip_serializing_if = "Option::is_none")]
    holder_identity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_duration_seconds: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acquire_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    renew_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_transitions: Option<i32>,
}

impl Lease {
    /// The Lease of a record. With a version, it replaces exactly that one. Only the record of a lease has a holder and times.
    ///
    /// # Errors
    /// `Bug` if the content is not text.
    pub(crate) fn new(name: String, content: Vec<u8>, version: Option<&ObjectVersion>) -> Result<Self> {
        let text = String::from_utf8(content).map_err(|_| {
            Error::new(Kind::Bug, format!("write the Lease {name}")).with_cause("the record is not UTF-8")
        })?;
        let record: Option<Record> = serde_json::from_str(&text).ok();
        // A place gives versions with one blank.
        let version = version.map(|version| version.0.split_once(' ').unwrap_or((&version.0, "")));
        let (uid, resource_version) = version.unwrap_or_default();
        let metadata = Metadata {
            name,
            uid: uid.to_owned(),
            resource_version: resource_version.to_owned(),
            labels: [("app.kubernetes.io/managed-by".to_owned(), "sesam-deployer".to_owned())].into(),
            annotations: [(RECORD.to_owned(), text)].into(),
        };
        let (api_version, kind) = ("coordination.k8s.io/v1".to_owned(), "Lease".to_owned());
        Ok(Self { api_version, kind, metadata, spec: record.as_ref().map(Spec::of).unwrap_or_default() })
    }

    /// Whether it is the Lease with this name.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.kind == "Lease"
            && self.metadata.name == name
            && !self.metadata.uid.is_empty()
            && !self.metadata.resource_version.is_empty()
    }

    /// The record, if the Lease is ours.
    pub(crate) fn into_record(mut self) -> Option<Vec<u8>> {
        self.metadata.annotations.remove(RECORD).map(String::into_bytes)
    }

    /// The version. Without the uid, a PUT could create a Lease that was deleted.
    pub(crate) fn version(&self) -> ObjectVersion {
        ObjectVersion(format!("{} {}", self.metadata.uid, self.metadata.resource_version))
    }
}

impl Spec {
    /// The fields of a record.
    fn of(record: &Record) -> Self {
        let number = |number: u64| i32::try_from(number).unwrap_or(i32::MAX);
        Self {
            holder_identity: record.holder.as_ref().map(|holder| holder.name.clone()),
            // The API server takes no 0.
            lease_duration_seconds: Some(number(record.ttl).max(1)),
            acquire_time: time(record.acquired),
            renew_time: time(record.renewed),
            // The first holder has epoch 1.
            lease_transitions: Some(number(record.epoch.saturating_sub(1))),
        }
    }
}

/// Seconds since 1970 as a `MicroTime`. `None` for a time that no calendar has.
fn time(seconds: u64) -> Option<String> {
    let time = Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%S.000000Z").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(epoch: u64, holder: &str, seconds: u64) -> Vec<u8> {
        format!(
            r#"{{"format": 1, "target": "https://node", "epoch": {epoch}, "sequence": 7, "ttl": {seconds}, "acquired": {seconds},
                "renewed": {seconds}, "holder": {holder}}}"#
        )
        .into_bytes()
    }

    const HOLDER: &str =
        r#"{"id": "7", "name": "kari@pod-1", "purpose": "watch", "process": 9, "version": "1"}"#;

    #[test]
    fn the_fields_of_a_lease_are_those_of_its_record() {
        let content = record(3, HOLDER, 60);
        let version = ObjectVersion("u-1 42".to_owned());
        let lease = Lease::new("lease-1".to_owned(), content.clone(), Some(&version)).unwrap();
        let shown = serde_json::to_value(&lease).unwrap();
        assert_eq!(
            shown["spec"],
            serde_json::json!({
                "holderIdentity": "kari@pod-1",
                "leaseDurationSeconds": 60,
                "acquireTime": "1970-01-01T00:01:00.000000Z",
                "renewTime": "1970-01-01T00:01:00.000000Z",
                "leaseTransitions": 2,
            })
        );
        assert_eq!(
            (&shown["metadata"]["uid"], &shown["metadata"]["resourceVersion"]),
            (&"u-1".into(), &"42".into())
        );
        assert_eq!(lease.version(), version);
        assert_eq!(lease.into_record(), Some(content));
    }

    #[test]
    fn a_free_lease_has_no_holder_and_a_new_one_no_version() {
        let lease = Lease::new("lease-1".to_owned(), record(1, "null", 0), None).unwrap();
        let shown = serde_json::to_value(&lease).unwrap();
        assert_eq!(shown["spec"].get("holderIdentity"), None);
        assert_eq!(shown["spec"]["leaseDurationSeconds"], 1);
        assert_eq!((shown["metadata"].get("uid"), shown["metadata"].get("resourceVersion")), (None, None));
    }

    #[test]
    fn any_numbers_make_a_lease() {
        let lease = Lease::new("lease-1".to_owned(), record(u64::MAX, HOLDER, u64::MAX), None).unwrap();
        let shown = serde_json::to_value(&lease).unwrap();
        assert_eq!(shown["spec"]["leaseTransitions"], i32::MAX);
        assert_eq!((shown["spec"].get("acquireTime"), shown["spec"].get("renewTime")), (None, None));
    }

    #[test]
    fn a_record_of_something_else_has_no_fields_and_must_be_text() {
        let lease = Lease::new("watch-1".to_owned(), b"{\"replicas\": {}}".to_vec(), None).unwrap();
        assert_eq!(serde_json::to_value(&lease).unwrap()["spec"], serde_json::json!({}));
        assert_eq!(lease.into_record(), Some(b"{\"replicas\": {}}".to_vec()));
        let error = Lease::new("watch-1".to_owned(), vec![0xff], None).unwrap_err();
        assert_eq!(error.kind(), Kind::Bug);
    }
}
