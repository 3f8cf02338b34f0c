//! Leases in the real API server of Kubernetes, with a service account that has the rights of the manifests.

use std::path::{Path, PathBuf};
use std::time::Duration;

use deployer_testkit::server::{Moment, Rule};
use deployer_testkit::services::kubernetes::RealKubernetes;
use deployer_testkit::services::or_skip;
use deployer_testkit::world::{Program, Signal};
use deployer_tests::checks::{assert_code, assert_nothing_written, assert_says};
use deployer_tests::scene::Scene;
use deployer_tests::watching::Watching;
use deployer_tests::workspace;
use reqwest::{Certificate, Client, Method};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);
const NAMESPACE: &str = "sesam";
const PIPE: &str = "node/pipes/global-kunde.conf.json";
const RULES: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";

/// An object of the manifests.
fn manifest(path: &str) -> Value {
    let text =
        std::fs::read_to_string(workspace().join("deploy/kubernetes").join(path)).expect("it is there");
    serde_saphyr::from_str(&text).expect("YAML")
}

/// A cluster with the service account and its role, and another service account without one.
async fn cluster() -> Result<RealKubernetes, String> {
    let cluster = RealKubernetes::start(&[]).await?;
    cluster.create("/api/v1/namespaces", &json!({ "metadata": { "name": NAMESPACE } })).await;
    let accounts = format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts");
    cluster.create(&accounts, &manifest("base/service-account.yaml")).await;
    cluster.create(&accounts, &json!({ "metadata": { "name": "other" } })).await;
    let roles = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}");
    cluster.create(&format!("{roles}/roles"), &manifest("components/kubernetes-leases/role.yaml")).await;
    // Kustomize adds the namespace.
    let mut binding = manifest("components/kubernetes-leases/role-binding.yaml");
    binding["subjects"][0]["namespace"] = json!(NAMESPACE);
    cluster.create(&format!("{roles}/rolebindings"), &binding).await;
    Ok(cluster)
}

/// The token of a service account.
async fn token(cluster: &RealKubernetes, account: &str) -> String {
    let path = format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account}/token");
    let request = json!({ "spec": { "audiences": ["https://kube.test"], "expirationSeconds": 3600 } });
    let (status, answer) = cluster.send(Method::POST, &path, &request).await.expect("the server answers");
    assert_eq!(status, 201, "{answer:#}");
    answer["status"]["token"].as_str().expect("a token").to_owned()
}

/// What a service account can do in the namespace, as texts.
async fn rules(cluster: &RealKubernetes, account: &str) -> Vec<String> {
    let authority = std::fs::read(cluster.ca_file()).expect("the server has written it");
    let authority = Certificate::from_pem(&authority).expect("a certificate");
    let client = Client::builder().no_proxy().tls_certs_only([authority]).build().expect("a client");
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": { "namespace": NAMESPACE },
    });
    let request = client.post(format!("{}{RULES}", cluster.url())).json(&review);
    let answer = request.bearer_auth(token(cluster, account).await).send().await.expect("the server answers");
    let answer: Value = answer.json().await.expect("JSON");
    let both = ["resourceRules", "nonResourceRules"].map(|kind| answer["status"][kind].as_array().cloned());
    let mut rules: Vec<String> = both.into_iter().flatten().flatten().map(|rule| rule.to_string()).collect();
    rules.sort();
    assert!(!rules.is_empty(), "{answer:#}");
    rules
}

/// The files that Kubernetes mounts into a pod.
async fn mounted(cluster: &RealKubernetes, account: &str, folder: &Path) -> PathBuf {
    let folder = folder.join(account);
    std::fs::create_dir_all(&folder).expect("the folder is ours");
    let write =
        |name: &str, text: &[u8]| std::fs::write(folder.join(name), text).expect("the folder is ours");
    write("token", token(cluster, account).await.as_bytes());
    write("namespace", NAMESPACE.as_bytes());
    write("ca.crt", &std::fs::read(cluster.ca_file()).expect("the server has written it"));
    folder
}

/// The program in a pod of the cluster, with more sections in its settings.
fn pod<'s>(
    scene: &'s Scene,
    cluster: &RealKubernetes,
    machine: &str,
    account: &Path,
    sections: &str,
) -> Program<'s> {
    let address = cluster.url().trim_start_matches("https://").to_owned();
    let (host, port) = address.split_once(':').expect("an address and a port");
    let sections =
        format!("[state]\nkind = \"kubernetes\"\nlogin.pod = {{ folder = {account:?} }}\n{sections}");
    let program = scene.program_with_file(PROGRAM, &sections);
    let program = program.env("KUBERNETES_SERVICE_HOST", host).env("KUBERNETES_SERVICE_PORT", port);
    program.env("HOSTNAME", machine).env("USER", "kari")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pods_share_the_work_by_a_lease_of_their_own() {
    let started = cluster().await;
    let Some(cluster) = or_skip("pods that share the work by a Lease", started) else { return };
    let scene = Scene::new();
    let account = mounted(&cluster, "sesam-deployer", &scene.world.folder().join("pods")).await;
    let watch = async |machine: &str| {
        Watching::start_program("interval = 3600\ndrift = \"ignore\"", |section| {
            let sections = format!("[limits]\nlease_seconds = 4\n{section}");
            pod(&scene, &cluster, machine, &account, &sections).arg("watch")
        })
        .await
    };
    let first = watch("pod-1").await;
    first.state("in-step", 1).await;
    let second = watch("pod-2").await;
    // One deployment has one replica, and the other one shows it.
    let name = |replica: &str| serde_json::json!(replica);
    let mut looks = tokio::time::interval(Duration::from_millis(100));
    let (serving, other, own) = loop {
        looks.tick().await;
        let (one, two) = (first.until(|_| true).await, second.until(|_| true).await);
        match (&one["replica"], &two["replica"]) {
            (Value::Null, replica) if *replica == name("pod-1") => break (first, second, "pod-2"),
            (replica, Value::Null) if *replica == name("pod-2") => break (second, first, "pod-1"),
            _ => {}
        }
    };
    let path = format!("/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases");
    let (_, leases) = cluster.send(Method::GET, &path, &Value::Null).await.expect("the server answers");
    let all = leases["items"].as_array().into_iter().flatten();
    let names = all.filter_map(|lease| lease["metadata"]["name"].as_str());
    let signs = names.filter(|name| name.starts_with("sesam-deployer-watch-")).count();
    assert_eq!(signs, 1, "one Lease for both pods: {leases:#}");

    assert_code(&serving.end(Signal::TERM).await, 143);
    let status = other.until(|status| status["serves"] == true && status["state"] == "in-step").await;
    assert_eq!(status["replica"], Value::Null, "{own} serves: {status:#}");
    assert_code(&other.end(Signal::TERM).await, 143);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pods_with_the_rights_of_the_manifests_deploy_one_after_the_other() {
    let started = cluster().await;
    let Some(cluster) = or_skip("two pods with leases in Kubernetes", started) else { return };
    let without = rules(&cluster, "other").await;
    let mut granted = rules(&cluster, "sesam-deployer").await;
    granted.retain(|rule| !without.contains(rule));
    let granted: Vec<Value> = granted.iter().map(|rule| serde_json::from_str(rule).expect("JSON")).collect();
    let expected = json!({ "verbs": ["get", "create", "update"], "apiGroups": ["coordination.k8s.io"], "resources": ["leases"] });
    assert_eq!(granted, [expected], "one rule, and what every service account has");

    let scene = Scene::new();
    let pods = scene.world.folder().join("pods");
    let (mine, others) =
        (mounted(&cluster, "sesam-deployer", &pods).await, mounted(&cluster, "other", &pods).await);
    let on = |machine: &str, folder: &Path, arguments: &[&str]| -> Program<'_> {
        pod(&scene, &cluster, machine, folder, "").args(arguments)
    };
    let denied = on("pod-0", &others, &["deploy"]).run(LIMIT).await;
    assert_code(&denied, 1);
    assert_says(&denied, ["HTTP 403", "grant the verb `get` on leases", "a run writes only with a lease"]);
    assert_nothing_written(&scene.world, &denied);

    let secrets = Rule::new("POST", "/api/secrets");
    let mut hold = scene.world.faults().hold(secrets.nth(1), Moment::BeforeApply);
    let first = on("pod-1", &mine, &["deploy"]).start();
    hold.arrived().await.expect("it writes");
    let refused = on("pod-2", &mine, &["deploy"]).run(LIMIT).await;
    assert_code(&refused, 4);
    assert_says(&refused, ["kari@pod-1 has been deploying to https://"]);
    let listed = on("pod-2", &mine, &["lock"]).run(LIMIT).await;
    assert_says(&listed, ["master", "kari@pod-1", "deploy", "epoch 1"]);
    let changed = scene.read(PIPE).replacen('{', "{\"description\": \"second\",", 1);
    scene.write(PIPE, &changed);
    let second = on("pod-2", &mine, &["deploy", "--wait", "5m"]).start();
    hold.release();
    assert_code(&first.wait(LIMIT).await, 0);
    assert_code(&second.wait(LIMIT).await, 0);
    assert_eq!(scene.state().config["default"]["global-kunde"]["description"], "second");
    assert_says(&on("pod-1", &mine, &["lock"]).run(LIMIT).await, ["nobody", "epoch 2"]);

    // A pod that was killed has the lease until it is broken.
    let uploads = Rule::new("PUT", "/api/config");
    let mut hold = scene.world.faults().hold(uploads.nth(1), Moment::BeforeApply);
    scene.write(PIPE, &changed.replacen("second", "third", 1));
    let third = on("pod-1", &mine, &["deploy"]).start();
    hold.arrived().await.expect("it writes");
    let broken = on("pod-2", &mine, &["lock", "break", "master", "--epoch", "3"]).run(LIMIT).await;
    assert_code(&broken, 0);
    hold.release();
    third.wait(LIMIT).await;
    assert_says(&on("pod-2", &mine, &["lock"]).run(LIMIT).await, ["nobody", "epoch 4"]);
}
