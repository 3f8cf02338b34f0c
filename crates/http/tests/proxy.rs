//! Proxies, played by a small one of our own. Names in these tests resolve nowhere: only the proxy could reach them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use deployer_core::plugin::Context;
use deployer_core::{Kind, Retry};
use deployer_http::{Client, HttpSettings, Request, Response, Url};
use deployer_testkit::server::Server;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What a proxy does with a request.
#[derive(Clone, Copy)]
enum Manner {
    Forward,
    TunnelTo(SocketAddr),
    Refuse,
}

/// Starts a proxy; the log holds the head of each request.
async fn proxy(manner: Manner) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let log = Arc::new(Mutex::new(Vec::new()));
    let heads = Arc::clone(&log);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, manner, Arc::clone(&heads)));
        }
    });
    (address, log)
}

async fn serve(stream: TcpStream, manner: Manner, heads: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.expect("a line") == 0 {
            return;
        }
    }
    heads.lock().expect("no test panics with the lock").push(head);
    let answer = match manner {
        Manner::Forward => "HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\nproxied",
        Manner::TunnelTo(_) => "HTTP/1.1 200 Connection established\r\n\r\n",
        Manner::Refuse => "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
    };
    stream.write_all(answer.as_bytes()).await.expect("written");
    if let Manner::TunnelTo(target) = manner {
        let mut target = TcpStream::connect(target).await.expect("the target listens");
        let _ended = tokio::io::copy_bidirectional(&mut stream, &mut target).await;
    }
}

async fn ask(
    url: &str,
    variables: &[(&str, String)],
    ca_file: Option<&std::path::Path>,
) -> deployer_core::Result<Response> {
    let mut context = Context::new("test");
    context.variables = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let settings = HttpSettings { ca_file: ca_file.map(Into::into), ..HttpSettings::default() };
    Client::new(&context, &settings)?.send(Request::get(Url::parse(url).expect("a URL"))).await
}

#[tokio::test]
async fn plain_requests_go_through_the_proxy_with_its_credentials() {
    let (address, log) = proxy(Manner::Forward).await;
    let variables = [("http_proxy", format!("http://Aladdin:open%20sesame@{address}"))];
    let answer = ask("http://service.invalid/path", &variables, None).await.expect("an answer");
    assert_eq!(&answer.body[..], b"proxied");
    let head = log.lock().expect("a log")[0].to_lowercase();
    assert!(head.starts_with("get http://service.invalid/path http/1.1"), "{head}");
    assert!(head.contains("proxy-authorization: basic qwxhzgrpbjpvcgvuihnlc2ftzq=="), "{head}");
}

#[tokio::test]
async fn secure_requests_are_tunnelled_and_the_certificate_is_still_checked_for_the_name() {
    let server = Server::https(Router::new());
    let (address, log) = proxy(Manner::TunnelTo(server.address())).await;
    let variables = [("ALL_PROXY", address.to_string())];
    let error =
        ask("https://service.invalid/", &variables, server.ca_file()).await.expect_err("a name of another");
    assert!(log.lock().expect("a log")[0].starts_with("CONNECT service.invalid:443 "));
    assert!(error.to_string().contains("the certificate is not valid for service.invalid"), "{error}");
    assert!(server.log().entries().is_empty(), "nothing was sent to a server of another name");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_without_its_password() {
    let (address, _log) = proxy(Manner::Refuse).await;
    let variables = [("HTTPS_PROXY", format!("http://user:hunter2hunter2@{address}"))];
    let error = ask("https://service.invalid/", &variables, None).await.expect_err("refused");
    assert_eq!((error.kind(), error.retry()), (Kind::Unavailable, Retry::Soon));
    let shown = format!("{error:?}");
    assert!(shown.contains(&format!("the proxy {address}")) && !shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn exempt_hosts_and_this_machine_are_reached_directly() {
    let server = Server::http(Router::new());
    let (address, log) = proxy(Manner::Forward).await;
    let proxy = ("HTTP_PROXY", address.to_string());
    let answer = ask(&server.url("/"), std::slice::from_ref(&proxy), None).await.expect("this machine");
    assert_eq!(answer.status, 404);
    // A label of more than 63 characters cannot be a name, so this fails at once where no proxy is asked.
    let name = format!("{}.example", "a".repeat(64));
    let exempt = [proxy, ("NO_PROXY", "other.test, example".to_owned())];
    let error = ask(&format!("http://{name}/"), &exempt, None).await.expect_err("no such name");
    assert!(error.to_string().contains("cannot be resolved"), "{error}");
    assert!(log.lock().expect("a log").is_empty());
}
