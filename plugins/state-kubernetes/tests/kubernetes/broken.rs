//! Servers that do what they must not, and Leases that are not ours.

use std::sync::Arc;

use deployer_core::Kind;
use deployer_core::traits::{LeasePlace, PutCondition, PutOutcome};
use deployer_http::Method;
use deployer_state::{Attempt, Lease};
use deployer_testkit::axum::Router;
use deployer_testkit::axum::body::{Body, to_bytes};
use deployer_testkit::axum::extract::Request;
use deployer_testkit::axum::middleware::{self, Next};
use deployer_testkit::server::{Answer, Rule, Server};
use deployer_testkit::services::kubernetes::RealKubernetes;
use deployer_testkit::services::{or_skip, over_tls};
use futures::future::join_all;
use serde_json::{Value, json};

use super::cluster::{LEASES, TOKEN, authority, built, cluster, direct, lease};

/// How often the writers race.
const ROUNDS: usize = 20;

/// A proxy that changes the metadata of each Lease that is replaced.
fn changing(cluster: &RealKubernetes, change: fn(&mut Value)) -> Server {
    let change = move |request: Request, next: Next| async move {
        if request.method().as_str() != "PUT" {
            return next.run(request).await;
        }
        let (mut head, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        let mut lease: Value = serde_json::from_slice(&body).expect("a Lease");
        change(&mut lease["metadata"]);
        head.headers.remove("content-length");
        next.run(Request::from_parts(head, Body::from(lease.to_string()))).await
    };
    let router: Router = over_tls(cluster.url(), &authority(cluster));
    Server::http(router.layer(middleware::from_fn(change)))
}

fn through(server: &Server) -> Arc<dyn LeasePlace> {
    built(&server.url(""), TOKEN, "http.allow_http = true\n").unwrap_or_else(|error| panic!("{error:?}"))
}

fn record(sequence: usize) -> Vec<u8> {
    let record = json!({
        "format": 1, "target": "https://node", "epoch": 1, "sequence": sequence, "holder": null, "ttl": 60,
        "acquired": 1, "renewed": 1,
    });
    record.to_string().into_bytes()
}

/// How many of several writers replace one version.
async fn winners(places: &[Arc<dyn LeasePlace>], name: &str, direct: &dyn LeasePlace) -> usize {
    let first = direct.put(name, record(0), PutCondition::Absent).await.expect("it is new");
    let PutOutcome::Stored(first) = first else { panic!("{first:?}") };
    let condition = || PutCondition::Unchanged(first.clone());
    let writes =
        places.iter().enumerate().map(|(writer, place)| place.put(name, record(writer + 1), condition()));
    let outcomes = join_all(writes).await;
    outcomes.iter().filter(|outcome| matches!(outcome, Ok(PutOutcome::Stored(_)))).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_drops_the_version_is_refused_by_the_server_itself() {
    let case = "a proxy before the API server of Kubernetes";
    let Some(cluster) = or_skip(case, cluster().await) else { return };
    let proxy = changing(&cluster, |metadata| {
        let metadata = metadata.as_object_mut().expect("an object");
        metadata.remove("resourceVersion");
        metadata.remove("uid");
    });
    let direct = direct(&cluster, "");
    let proxied: Vec<_> = (0..10).map(|_| through(&proxy)).collect();
    let honest: Vec<_> = (0..10).map(|_| Arc::clone(&direct)).collect();
    for round in 0..ROUNDS {
        let (proxied_name, honest_name) = (format!("proxied-{round}.json"), format!("honest-{round}.json"));
        assert_eq!(winners(&proxied, &proxied_name, &*direct).await, 0, "round {round}");
        assert_eq!(winners(&honest, &honest_name, &*direct).await, 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_lease_is_not_created_again_by_its_holder() {
    let case = "a deleted Lease of Kubernetes";
    let Some(cluster) = or_skip(case, cluster().await) else { return };
    let held = lease(direct(&cluster, ""), "lease-deleted.json", "kari");
    assert_eq!(held.acquire().await, Ok(Attempt::Held(1)));
    let path = format!("{LEASES}/sesam-deployer-lease-deleted");
    let send = async |method: Method, body: &Value| {
        cluster.send(method, &path, body).await.expect("the server answers")
    };
    let (_, mut before) = send(Method::GET, &Value::Null).await;
    assert_eq!(send(Method::DELETE, &Value::Null).await.0, 200);
    assert_eq!(held.renew().await, Ok(deployer_state::Renewal::Lost(None)));
    assert_eq!(held.inspect().await, Ok(None));
    // The server creates what has a version and no uid: the version alone is not enough.
    before["metadata"].as_object_mut().expect("an object").remove("uid");
    let (status, answer) = send(Method::PUT, &before).await;
    assert_eq!(status, 201, "{answer:#}");
}

#[tokio::test]
async fn refusals_name_the_permission_and_leases_of_others_are_left_alone() {
    let case = "a Lease of another program";
    let Some(cluster) = or_skip(case, cluster().await) else { return };
    cluster
        .create(LEASES, &json!({ "metadata": { "name": "sesam-deployer-lease-theirs" }, "spec": {} }))
        .await;
    let place = direct(&cluster, "");
    let theirs = lease(Arc::clone(&place), "lease-theirs.json", "kari").acquire().await.unwrap_err();
    let shown = format!("{theirs:?}");
    assert!(theirs.kind() == Kind::Unexpected && shown.contains("it belongs to another program"), "{shown}");
    let other = lease(direct(&cluster, "prefix = \"other-\"\n"), "lease-theirs.json", "kari");
    assert_eq!(other.acquire().await, Ok(Attempt::Held(1)));

    let front = Server::http(over_tls(cluster.url(), &authority(&cluster)));
    let place = through(&front);
    let forbidden = || {
        let details = json!({ "kind": "leases", "group": "coordination.k8s.io" });
        Answer::json(
            403,
            &json!({ "kind": "Status", "reason": "Forbidden", "details": details, "message": "no" }),
        )
    };
    for (method, verb) in [("POST", "create"), ("PUT", "update"), ("GET", "get")] {
        front.faults().answer(Rule::new(method, "*"), forbidden());
        let error = match method {
            "POST" => place.put("lease-a.json", record(1), PutCondition::Absent).await.unwrap_err(),
            "PUT" => {
                let version = deployer_core::traits::ObjectVersion("u 1".to_owned());
                place.put("lease-a.json", record(1), PutCondition::Unchanged(version)).await.unwrap_err()
            }
            _ => place.get("lease-a.json").await.unwrap_err(),
        };
        let shown = format!("{error:?}");
        assert_eq!(error.kind(), Kind::Denied, "{shown}");
        for expected in [
            &format!("grant the verb `{verb}`"),
            "--namespace sesam",
            "--resource=leases",
            "Kubernetes says: no",
        ] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
        front.faults().clear();
    }
}
