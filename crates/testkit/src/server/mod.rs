//! One way to serve axum routers on loopback, over HTTP or HTTPS, with a log and programmable faults.
//!
//! A server runs on threads of its own, so that a test may block while it waits for a program that talks to it.

mod connection;
mod faults;
mod log;
mod rule;
mod tls;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use connection::Origin;
use connection::Shared;
pub use faults::{Answer, Cut, Faults, Hold, Moment};
pub use log::{Entry, RequestLog};
pub(crate) use rule::matches;
pub use rule::{Rule, Seen};
pub use tls::{Authority, ClientCertificate};

/// A running server. Dropping it closes the listener and all connections at once.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    authority: Option<Authority>,
    log: RequestLog,
    faults: Faults,
    stop: CancellationToken,
    connections: TaskTracker,
    runtime: Option<Runtime>,
}

impl Server {
    /// Serves a router over plain HTTP on `127.0.0.1` and a free port.
    pub fn http(router: Router) -> Self {
        Self::start(router, None)
    }

    /// Serves a router over HTTPS on `127.0.0.1` and a free port, with a certificate of its own authority.
    pub fn https(router: Router) -> Self {
        let authority = Authority::generate();
        let config = authority.config();
        Self::start(router, Some((authority, config)))
    }

    /// As [`Self::https`], for clients that show a certificate of this authority.
    pub fn mutual(router: Router, authority: Authority) -> Self {
        let config = authority.mutual_config();
        Self::start(router, Some((authority, config)))
    }

    fn start(router: Router, tls: Option<(Authority, Arc<ServerConfig>)>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("testkit-server")
            .enable_all()
            .build()
            .expect("threads can be started");
        let listener =
            std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        listener.set_nonblocking(true).expect("a new socket can be switched to non-blocking");
        let address = listener.local_addr().expect("a bound socket has an address");

        let (authority, config) = tls.unzip();
        let (log, faults) = (RequestLog::default(), Faults::default());
        let (stop, connections) = (CancellationToken::new(), TaskTracker::new());
        let shared = Arc::new(Shared {
            router,
            log: log.clone(),
            faults: faults.clone(),
            tls: config.map(TlsAcceptor::from),
            stop: stop.clone(),
            arrivals: Default::default(),
        });
        let listener = {
            let _entered = runtime.enter();
            TcpListener::from_std(listener).expect("the runtime watches sockets")
        };
        runtime.spawn(accept(listener, shared, stop.clone(), connections.clone()));
        Self { address, authority, log, faults, stop, connections, runtime: Some(runtime) }
    }

    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The full address of a path that starts with `/`.
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.address)
    }

    /// The authority's certificate as PEM text; `None` over plain HTTP.
    pub fn ca_pem(&self) -> Option<&str> {
        self.authority.as_ref().map(Authority::pem)
    }

    /// A file with the authority's certificate; `None` over plain HTTP. It lives as long as the server.
    pub fn ca_file(&self) -> Option<&Path> {
        self.authority.as_ref().map(Authority::file)
    }

    /// The record of all requests.
    pub fn log(&self) -> &RequestLog {
        &self.log
    }

    /// The faults to program.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Accepts no new connection, and waits until the requests in flight have been answered.
    ///
    /// Held requests must be released first.
    pub async fn stop(self) {
        self.stop.cancel();
        self.connections.close();
        self.connections.wait().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Not a plain drop: that blocks, and panics inside an asynchronous test.
            runtime.shutdown_background();
        }
    }
}

async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    stop: CancellationToken,
    connections: TaskTracker,
) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // An accept fails for one connection only, for example one that was reset while queued.
                if let Ok((stream, _peer)) = accepted {
                    connections.spawn(connection::serve(stream, Arc::clone(&shared)));
                }
            }
            () = stop.cancelled() => return,
        }
    }
}
