//! The manifests and the chart of `deploy/kubernetes`, as kustomize and Helm render them, against the real API server: it checks every field.

use std::path::{Path, PathBuf};
use std::process::Command;

use deployer_core::document::SourceText;
use deployer_core::plugin::ProcessVariables;
use deployer_testkit::go;
use deployer_testkit::services::kubernetes::RealKubernetes;
use deployer_testkit::services::or_skip;
use deployer_tests::workspace;
use reqwest::Method;
use serde_json::{Value, json};
use sesam_deployer::plugins;
use sesam_deployer::settings::{Asked, Settings, SettingsSource};

const KUSTOMIZE: &str = "sigs.k8s.io/kustomize/kustomize/v5@v5.8.0";
const HELM: &str = "helm.sh/helm/v4/cmd/helm@v4.3.1";
const NAMESPACE: &str = "sesam";

/// The definition of `ServiceMonitor`, which the operator of Prometheus installs.
const OPERATOR: &str = "github.com/prometheus-operator/prometheus-operator@v0.85.0";
const DEFINITION: &str = "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml";

fn folder() -> PathBuf {
    workspace().join("deploy/kubernetes")
}

/// A cluster with the namespace and the definition of `ServiceMonitor`.
async fn cluster() -> Result<RealKubernetes, String> {
    let definition = std::fs::read_to_string(go::source(OPERATOR)?.join(DEFINITION));
    let definition: Value = serde_saphyr::from_str(&definition.map_err(|error| error.to_string())?)
        .map_err(|error| error.to_string())?;
    let cluster = RealKubernetes::start(&[]).await?;
    cluster.create("/api/v1/namespaces", &json!({ "metadata": { "name": NAMESPACE } })).await;
    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition).await;
    Ok(cluster)
}

/// Where an object is created.
fn path(object: &Value) -> String {
    let version = object["apiVersion"].as_str().expect("a version");
    let kind = object["kind"].as_str().expect("a kind");
    let group = if version.contains('/') { format!("apis/{version}") } else { format!("api/{version}") };
    let plural = match kind {
        "NetworkPolicy" => "networkpolicies".to_owned(),
        _ => format!("{}s", kind.to_lowercase()),
    };
    format!("/{group}/namespaces/{NAMESPACE}/{plural}")
}

/// What the server finds wrong with an object; nothing is created. A definition that was just created takes a moment to be served.
async fn refusal(cluster: &RealKubernetes, object: &Value) -> Option<String> {
    let path = format!("{}?dryRun=All&fieldValidation=Strict", path(object));
    for _ in 0..100 {
        match cluster.send(Method::POST, &path, object).await.expect("the server answers") {
            (201, _) => return None,
            (404, _) => tokio::task::yield_now().await,
            (status, answer) => return Some(format!("{status} {answer}")),
        }
    }
    Some(format!("{path}: not served"))
}

/// The objects that a command prints.
fn rendered(command: &mut Command) -> Vec<Value> {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_saphyr::from_multiple(&String::from_utf8_lossy(&output.stdout)).expect("YAML")
}

fn kinds(objects: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<&str> = objects.iter().filter_map(|object| object["kind"].as_str()).collect();
    kinds.sort_unstable();
    kinds
}

/// The deployment among objects.
fn deployment(objects: &[Value]) -> &Value {
    objects.iter().find(|object| object["kind"] == "Deployment").expect("a deployment")
}

/// The manifests with some components.
fn kustomized(kustomize: &Path, components: &[&str]) -> Vec<Value> {
    let own = tempfile::tempdir().expect("a temporary folder");
    // Kustomize takes relative paths alone.
    let whole = own.path().canonicalize().expect("it exists");
    let manifests = folder().canonicalize().expect("it exists");
    let to_root = "../".repeat(whole.components().count() - 1);
    let manifests = manifests.strip_prefix("/").expect("an absolute path").display();
    let at = |name: &str| format!("{to_root}{manifests}/{name}");
    let components: Vec<String> = components.iter().map(|name| at(&format!("components/{name}"))).collect();
    let text = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": NAMESPACE,
        "resources": [at("base")],
        "components": components,
    });
    std::fs::write(own.path().join("kustomization.yaml"), text.to_string()).expect("the file is written");
    rendered(Command::new(kustomize).arg("build").arg(own.path()))
}

#[test]
fn the_example_of_settings_is_accepted() {
    let file = folder().join("base/deployer.toml");
    let text = std::fs::read_to_string(&file).expect("it is there");
    let variables = ProcessVariables::default();
    let asked = Asked { plugins: Some(plugins::BUILT), ..Asked::new(None, &variables) };
    let text = SourceText::new(file.display().to_string(), text);
    let settings = Settings::read(SettingsSource::File(file), text, asked);
    let settings = settings.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(settings.notes, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manifests_are_accepted_with_every_component() {
    let case = "the manifests of Kubernetes";
    let (Some(kustomize), Some(cluster)) =
        (or_skip(case, go::program(KUSTOMIZE)), or_skip(case, cluster().await))
    else {
        return;
    };
    for components in [
        &[][..],
        &["azure-workload-identity"],
        &["aws-workload-identity"],
        &["service-monitor"],
        &["kubernetes-leases"],
    ] {
        let objects = kustomized(&kustomize, components);
        assert!(objects.len() >= 6, "{components:?}: {:?}", kinds(&objects));
        for object in &objects {
            assert_eq!(refusal(&cluster, object).await, None, "{components:?}: {object:#}");
        }
    }
    let mut wrong = deployment(&kustomized(&kustomize, &[])).clone();
    wrong["spec"]["replicass"] = json!(2);
    let refusal = refusal(&cluster, &wrong).await.unwrap_or_default();
    assert!(refusal.contains("unknown field") && refusal.contains("replicass"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chart_is_accepted_with_every_value() {
    let case = "the chart of Helm";
    let (Some(helm), Some(cluster)) = (or_skip(case, go::program(HELM)), or_skip(case, cluster().await))
    else {
        return;
    };
    let chart = folder().join("chart");
    let settings = folder().join("base/deployer.toml");
    let settings = format!("settings={}", settings.display());
    let with = |verb: &[&str], more: &[&str]| {
        let mut command = Command::new(&helm);
        command.args(verb).arg(&chart).args(["--set-file", &settings]).args(more);
        command
    };
    let linted = with(&["lint", "--strict"], &[]).output().expect("helm starts");
    assert!(linted.status.success(), "{}", String::from_utf8_lossy(&linted.stdout));
    let all = [
        "--set=serviceMonitor.enabled=true",
        "--set=kubernetesLeases.enabled=true",
        "--set=serviceAccount.annotations.a=b",
        "--set-string=podLabels.azure\\.workload\\.identity/use=true",
        "--set-string=podAnnotations.a=b",
        "--set-string=files.north\\.toml=environment",
        "--set=imagePullSecrets[0].name=registry",
        "--set=nodeSelector.a=b",
        "--set=tolerations[0].key=a,tolerations[0].operator=Exists",
    ];
    let template = ["template", "watch", "--namespace", NAMESPACE];
    let objects = rendered(&mut with(&template, &all));
    assert_eq!(
        kinds(&objects),
        [
            "ConfigMap",
            "Deployment",
            "NetworkPolicy",
            "PodDisruptionBudget",
            "Role",
            "RoleBinding",
            "Service",
            "ServiceAccount",
            "ServiceMonitor"
        ]
    );
    for object in &objects {
        assert_eq!(refusal(&cluster, object).await, None, "{object:#}");
    }
    let few = rendered(&mut with(&template, &["--set=networkPolicy.enabled=false"]));
    assert_eq!(few.len(), objects.len() - 4, "{:?}", kinds(&few));

    let refused = |more: &[&str]| {
        let mut command = Command::new(&helm);
        let output = command.args(template).arg(&chart).args(more).output().expect("helm starts");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(refused(&[]).contains("settings is missing"));
    assert!(refused(&["--set=settings=x"]).contains("two replicas would write"));
    assert!(refused(&["--set=settings=x,replicas=1,replica=3"]).contains("replica"));
}

#[tokio::test(flavor = "multi_thread")]
async fn manifests_and_chart_run_the_same_pod() {
    let case = "the manifests and the chart";
    let (Some(kustomize), Some(helm)) =
        (or_skip(case, go::program(KUSTOMIZE)), or_skip(case, go::program(HELM)))
    else {
        return;
    };
    let manifests = kustomized(&kustomize, &[]);
    let settings = format!("settings={}", folder().join("base/deployer.toml").display());
    let chart = rendered(
        Command::new(&helm)
            .args(["template", "sesam-deployer", "--set-file", &settings])
            .arg(folder().join("chart")),
    );
    let pod = |objects: &[Value]| {
        let mut pod = deployment(objects)["spec"]["template"]["spec"].clone();
        // What names the release and the version.
        for path in ["/containers/0/image", "/containers/0/imagePullPolicy", "/volumes/0/configMap/name"] {
            if let Some(value) = pod.pointer_mut(path) {
                *value = Value::Null;
            }
        }
        pod["containers"][0].as_object_mut().expect("a container").remove("imagePullPolicy");
        pod["topologySpreadConstraints"][0]["labelSelector"] = Value::Null;
        pod
    };
    assert_eq!(pod(&manifests), pod(&chart));
}
