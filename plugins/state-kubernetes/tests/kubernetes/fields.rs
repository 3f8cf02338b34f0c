//! What people and other clients see of a Lease.

use std::sync::Arc;

use deployer_http::Method;
use deployer_state::{Attempt, Lease, Renewal};
use deployer_testkit::services::or_skip;
use serde_json::Value;

use super::cluster::{LEASES, cluster, direct, lease};

#[tokio::test]
async fn a_lease_has_the_fields_that_kubectl_shows() {
    let Some(cluster) = or_skip("the fields of a Lease", cluster().await) else { return };
    let place = direct(&cluster, "");
    let read = async || {
        let path = format!("{LEASES}/sesam-deployer-lease-1");
        cluster.send(Method::GET, &path, &Value::Null).await.expect("the server answers").1
    };
    let first = lease(Arc::clone(&place), "lease-1.json", "kari@pod-1");
    let second = lease(place, "lease-1.json", "kari@pod-2");
    assert_eq!(first.acquire().await, Ok(Attempt::Held(1)));
    let held = read().await;
    let spec = &held["spec"];
    assert_eq!(
        (&spec["holderIdentity"], &spec["leaseTransitions"]),
        (&"kari@pod-1".into(), &0.into()),
        "{held:#}"
    );
    assert_eq!(spec["leaseDurationSeconds"], 60, "{held:#}");
    assert_eq!(spec["acquireTime"], spec["renewTime"], "{held:#}");
    assert!(spec["renewTime"].as_str().is_some_and(|time| time.ends_with(".000000Z")), "{held:#}");
    let record = held["metadata"]["annotations"]["sesam-deployer/record"].as_str().expect("a record");
    let record: Value = serde_json::from_str(record).expect("JSON");
    assert_eq!((&record["epoch"], &record["holder"]["purpose"]), (&1.into(), &"watch".into()), "{record:#}");

    assert!(matches!(second.acquire().await, Ok(Attempt::Busy { .. })));
    assert_eq!(first.renew().await, Ok(Renewal::Renewed));
    assert_eq!(first.release().await, Ok(()));
    let free = read().await;
    assert_eq!(free["spec"]["holderIdentity"], Value::Null, "{free:#}");
    assert_eq!(second.acquire().await, Ok(Attempt::Held(2)));
    assert_eq!(read().await["spec"]["leaseTransitions"], 1);
    assert_eq!(second.break_epoch(2).await, Ok(()));
    assert!(matches!(second.renew().await, Ok(Renewal::Lost(Some(record))) if record.epoch == 3));
}
