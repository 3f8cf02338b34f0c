//! Which certificates are trusted.

use std::path::Path;

use axum::Router;
use axum::routing::get;
use deployer_core::plugin::{Context, Credential};
use deployer_core::{Kind, Result, Retry};
use deployer_http::{Client, HttpSettings, Request, Response, Trust, Url};
use deployer_testkit::server::Server;

fn server() -> Server {
    Server::https(Router::new().route("/", get(|| async { "secure" })))
}

fn authority(server: &Server) -> String {
    server.ca_file().expect("HTTPS has an authority").display().to_string()
}

async fn ask(
    server: &Server,
    variables: &[(&str, String)],
    settings: HttpSettings,
    extra: &[&str],
) -> Result<Response> {
    let mut context = Context::new("test");
    context.variables = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let client = Client::with_trust(&context, Trust::from_context(&context, &settings, extra)?, &settings)?;
    client.send(Request::get(Url::parse(&server.url("/")).expect("a URL"))).await
}

#[tokio::test]
async fn an_unknown_authority_is_refused_with_what_to_set() {
    let server = server();
    let error = ask(&server, &[], HttpSettings::default(), &[]).await.expect_err("unknown authority");
    assert_eq!((error.kind(), error.retry()), (Kind::Unavailable, Retry::Never));
    let shown = format!("{error:?}");
    assert!(shown.contains("127.0.0.1 is not trusted") && shown.contains("`ca_file`"), "{shown}");
}

#[tokio::test]
async fn each_variable_and_the_setting_name_the_authority() {
    let server = server();
    let file = authority(&server);
    let folder = Path::new(&file).parent().expect("a folder").display().to_string();
    let given = |name: &'static str, value: &String| [(name, value.clone())];
    for variables in [
        given("REQUESTS_CA_BUNDLE", &file),
        given("REQUESTS_CA_BUNDLE", &folder),
        given("CURL_CA_BUNDLE", &file),
        given("SSL_CERT_FILE", &file),
        given("SSL_CERT_DIR", &folder),
        given("GIT_SSL_CAINFO", &file),
    ] {
        let answer = ask(&server, &variables, HttpSettings::default(), &["GIT_SSL_CAINFO"]).await;
        assert_eq!(&answer.unwrap_or_else(|error| panic!("{variables:?}: {error:?}")).body[..], b"secure");
    }
    let settings = HttpSettings { ca_file: Some(file.into()), ..HttpSettings::default() };
    let elsewhere = [("REQUESTS_CA_BUNDLE", "/absent".to_owned())];
    assert!(ask(&server, &elsewhere, settings, &[]).await.is_ok(), "the setting comes first");
}

#[tokio::test]
async fn a_named_authority_takes_the_place_of_others() {
    let (server, other) = (server(), server());
    let variables = [("REQUESTS_CA_BUNDLE", authority(&other)), ("SSL_CERT_FILE", authority(&server))];
    let error = ask(&server, &variables, HttpSettings::default(), &[]).await.expect_err("another authority");
    assert!(error.to_string().contains("not trusted"), "{error}");
}

#[tokio::test]
async fn certificates_that_cannot_be_read_are_named_with_their_origin() {
    let server = server();
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").expect("written");
    for path in [empty.as_path(), &folder.path().join("absent.pem"), folder.path()] {
        let variables = [("SSL_CERT_FILE", path.display().to_string())];
        let error = ask(&server, &variables, HttpSettings::default(), &[]).await.expect_err("no certificate");
        assert_eq!(error.kind(), Kind::Settings);
        assert!(format!("{error:?}").contains("$SSL_CERT_FILE"), "{error:?}");
    }
}

#[tokio::test]
async fn a_port_without_tls_is_told_from_an_untrusted_one() {
    let plain = Server::http(Router::new());
    let url = Url::parse(&format!("https://{}/", plain.address())).expect("a URL");
    let client = Client::new(&Context::new("test"), &HttpSettings::default()).expect("a client");
    let error = client.send(Request::get(url)).await.expect_err("no TLS");
    assert!(format!("{error:?}").contains("check that the port uses TLS"), "{error:?}");
}

#[tokio::test]
async fn a_client_certificate_that_cannot_be_used_is_named_and_its_key_is_not_shown() {
    let server = server();
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let certificate =
        write("client.pem", "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n");
    let absent = folder.path().join("absent.pem");
    let key = Credential::File(write(
        "key.pem",
        "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
    ));
    for (client_certificate, client_key, expected) in [
        (Some(certificate.clone()), Some(key.clone()), "client.pem cannot be used"),
        (Some(certificate.clone()), None, "client.pem cannot be used"),
        (Some(absent.clone()), Some(key.clone()), "absent.pem cannot be used"),
        (Some(certificate), Some(Credential::File(absent)), "no credential in file"),
        (None, Some(key), "needs http.client_certificate"),
    ] {
        let settings = HttpSettings { client_certificate, client_key, ..HttpSettings::default() };
        let error = ask(&server, &[], settings, &[]).await.expect_err(expected);
        let shown = format!("{error:?}");
        assert_eq!(error.kind(), Kind::Settings, "{shown}");
        assert!(shown.contains(expected) && !shown.contains("hunter2"), "{shown}");
    }
}

#[tokio::test]
async fn certificates_are_loaded_once_per_run() {
    let server = server();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ca.pem");
    std::fs::copy(authority(&server), &file).expect("copied");
    let settings = HttpSettings { ca_file: Some(file.clone()), ..HttpSettings::default() };
    let run = Context::new("test");
    Client::new(&run, &settings).expect("the first client of the run");
    std::fs::remove_file(&file).expect("removed");
    let client = Client::new(&run, &settings).expect("the certificates are loaded already");
    let answer = client.send(Request::get(Url::parse(&server.url("/")).expect("a URL"))).await;
    assert_eq!(answer.expect("an answer").status, 200);
    assert_eq!(
        Client::new(&Context::new("test"), &settings).expect_err("another run").kind(),
        Kind::Settings
    );
}
