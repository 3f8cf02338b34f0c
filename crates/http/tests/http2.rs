//! HTTP/2, against a server of our own on loopback.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deployer_core::plugin::Context;
use deployer_http::{Bytes, Client, HttpSettings, Request, Url};
use deployer_testkit::server::Authority;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

fn tls(authority: &Authority) -> TlsAcceptor {
    let (certificate, key) = authority.server_files();
    let chain =
        CertificateDer::pem_file_iter(certificate).expect("a file").collect::<Result<_, _>>().expect("PEM");
    let key = PrivateKeyDer::from_pem_file(key).expect("PEM");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("the default versions").with_no_client_auth();
    let mut config = config.with_single_cert(chain, key).expect("a pair");
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream) {
    let stream = acceptor.accept(stream).await.expect("TLS");
    let mut connection = h2::server::handshake(stream).await.expect("HTTP/2");
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let mut body = respond.send_response(http::Response::new(()), false).expect("a stream");
        body.send_data(Bytes::from(request.uri().path().to_owned()), true).expect("a stream");
    }
}

#[tokio::test]
async fn a_server_with_http_2_answers_many_requests_over_one_connection() {
    let authority = Authority::generate();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let connections = Arc::new(AtomicUsize::new(0));
    let (acceptor, count) = (tls(&authority), Arc::clone(&connections));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(serve(acceptor.clone(), stream));
        }
    });
    let settings = HttpSettings { ca_file: Some(authority.file().into()), ..HttpSettings::default() };
    let client = Client::new(&Context::new("test"), &settings).expect("a client");
    let ask = async |path: String| {
        let url = Url::parse(&format!("https://{address}/{path}")).expect("a URL");
        client.send(Request::get(url)).await.expect("an answer").body
    };
    assert_eq!(&ask("login".to_owned()).await[..], b"/login");
    let answers = futures::future::join_all((0..50).map(|number| ask(number.to_string()))).await;
    assert_eq!(&answers[49][..], b"/49");
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}
