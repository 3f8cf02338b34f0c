//! The logins.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployer_core::{Kind, SecretValue};
use deployer_testkit::answers::{found, read};
use deployer_testkit::kubernetes::FakeKubernetes;
use deployer_testkit::server::{Authority, Server};

use super::world::{NAMESPACE, TOKEN, World, build};

/// A folder with the files of a login.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    }
}

/// A kubeconfig whose cluster and user have these further members.
fn kubeconfig(server: &Server, cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: main\n\
         contexts:\n- name: main\n  context: {{cluster: c, user: u, namespace: {NAMESPACE}}}\n\
         - name: other\n  context: {{cluster: c, user: nobody}}\n\
         clusters:\n- name: c\n  cluster:\n    server: {}\n{cluster}users:\n- name: u\n  user:\n{user}",
        server.url("")
    )
}

fn settings(file: &Path) -> String {
    format!("login.kubeconfig.file = {file:?}\n")
}

fn encoded(path: &Path) -> String {
    STANDARD.encode(std::fs::read(path).expect("a file"))
}

#[tokio::test]
async fn the_service_account_of_a_pod_needs_no_further_setting() {
    let world = World::new();
    world.kubernetes.put(NAMESPACE, "db", "value", "v");
    let files = Files::new();
    files.write("token", &format!("{TOKEN}\n"));
    files.write("ca.crt", world.server.ca_pem().expect("HTTPS"));
    files.write("namespace", NAMESPACE);
    let port = world.server.address().port().to_string();
    let variables = [("KUBERNETES_SERVICE_HOST", "127.0.0.1"), ("KUBERNETES_SERVICE_PORT", &*port)];
    let text = format!("login.pod.folder = {:?}\n", files.0.path());
    let store = build(&text, &variables).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(found(read(&*store, "db").await), SecretValue::new("v"));
    assert!(!format!("{store:#?}").contains(TOKEN));
    // Kubernetes replaces the token while the program runs.
    world.kubernetes.forget_tokens();
    world.kubernetes.token("the-next-token-0001");
    files.write("token", "the-next-token-0001\n");
    assert_eq!(found(read(&*store, "db").await), SecretValue::new("v"));
    let error = build(&text, &[]).unwrap_err();
    assert!(format!("{error:?}").contains("KUBERNETES_SERVICE_HOST"), "{error:?}");
}

#[tokio::test]
async fn a_kubeconfig_has_a_token_in_it_or_in_a_file() {
    let world = World::new();
    world.kubernetes.put(NAMESPACE, "db", "value", "v");
    let files = Files::new();
    files.write("token", TOKEN);
    files.write("ca.pem", world.server.ca_pem().expect("HTTPS"));
    let data =
        format!("    certificate-authority-data: {}\n", encoded(world.server.ca_file().expect("HTTPS")));
    for (cluster, user) in [
        (data.as_str(), format!("    token: {TOKEN}\n")),
        ("    certificate-authority: ca.pem\n", "    tokenFile: token\n".to_owned()),
    ] {
        let file = files.write("config", &kubeconfig(&world.server, cluster, &user));
        let store = build("login.kubeconfig = {}\n", &[("KUBECONFIG", file.to_str().expect("UTF-8"))]);
        assert_eq!(found(read(&*store.unwrap(), "db").await), SecretValue::new("v"));
    }
}

#[tokio::test]
async fn a_kubeconfig_has_a_client_certificate_in_it_or_in_files() {
    let kubernetes = FakeKubernetes::new();
    kubernetes.accept_certificates();
    kubernetes.put(NAMESPACE, "db", "value", "v");
    let authority = Authority::generate();
    let client = authority.client("deployer");
    let server = Server::mutual(kubernetes.router(), authority);
    let cluster = format!("    certificate-authority-data: {}\n", encoded(server.ca_file().expect("HTTPS")));
    let (certificate, key) = (client.certificate.display(), client.key.display());
    let in_files = format!("    client-certificate: {certificate}\n    client-key: {key}\n");
    let (certificate, key) = (encoded(&client.certificate), encoded(&client.key));
    let in_it = format!("    client-certificate-data: {certificate}\n    client-key-data: {key}\n");
    let files = Files::new();
    for user in [in_files, in_it] {
        let file = files.write("config", &kubeconfig(&server, &cluster, &user));
        let store = build(&settings(&file), &[]).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(found(read(&*store, "db").await), SecretValue::new("v"));
        assert!(!format!("{store:#?}").contains("PRIVATE KEY"));
    }
}

#[test]
fn a_kubeconfig_that_cannot_be_used_is_rejected_and_not_repeated() {
    let world = World::new();
    let files = Files::new();
    let whole = |cluster: &str, user: &str| kubeconfig(&world.server, cluster, user);
    let token = "    token: hunter2hunter2\n";
    for (text, more, expected) in [
        (
            whole("    insecure-skip-tls-verify: true\n", token),
            "",
            "`insecure-skip-tls-verify` is not supported",
        ),
        (whole("    proxy-url: http://x\n", token), "", "`proxy-url` is not supported"),
        (whole("", "    exec: {command: aws}\n"), "", "set `login.token`"),
        (
            whole("", "    client-certificate-data: hunter2hunter2\n"),
            "",
            "`client-certificate-data` is not base64",
        ),
        (whole("    certificate-authority-data: aHVudGVyMg==\n", token), "", "no certificate"),
        (whole("    certificate-authority: absent.pem\n", token), "", "absent.pem cannot be read"),
        (whole("", token), "login.kubeconfig.context = \"absent\"\n", "no context \"absent\""),
        (whole("", token), "login.kubeconfig.context = \"other\"\n", "no user \"nobody\""),
        ("users: hunter2hunter2".to_owned(), "", "not a kubeconfig"),
        ("users: [hunter2hunter2: {".to_owned(), "", "not a kubeconfig"),
        (whole("", token).replace(&world.server.url(""), "http://example.com"), "", "in the clear"),
    ] {
        let file = files.write("config", &text);
        let error = build(&(settings(&file) + more), &[]).unwrap_err();
        let shown = format!("{error:?}");
        assert!(error.kind() == Kind::Settings && shown.contains(expected), "{expected}: {shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let error = build("login.kubeconfig = {}\n", &[]).unwrap_err();
    assert!(format!("{error:?}").contains("KUBECONFIG"), "{error:?}");
}
