//! A node that is served over plain HTTP.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::node::Node;

/// The time that a stopping node waits for requests.
const GRACE: Duration = Duration::from_secs(3);

/// A node that is served. Dropping it stops the server without waiting.
#[derive(Debug)]
pub struct RunningNode {
    address: SocketAddr,
    node: Node,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Node {
    /// Serves the node over plain HTTP. Must be called within a Tokio runtime.
    ///
    /// # Errors
    ///
    /// The address of the listener is unknown.
    pub fn serve(&self, listener: TcpListener) -> io::Result<RunningNode> {
        let address = listener.local_addr()?;
        let router = self.router();
        let (stop, stopped) = oneshot::channel::<()>();
        let listener = listener.tap_io(|connection| {
            // An error only costs time.
            let _ = connection.set_nodelay(true);
        });
        let server = tokio::spawn(async move {
            let stopping = async move {
                // A dropped sender stops the server too.
                let _ = stopped.await;
            };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopping).await {
                tracing::error!("the embedded node stopped: {error}");
            }
        });
        Ok(RunningNode { address, node: self.clone(), stop: Some(stop), server })
    }

    /// Serves the node on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub async fn serve_locally(&self) -> io::Result<RunningNode> {
        self.serve(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?)
    }
}

impl RunningNode {
    /// The address the node listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The root of the service API, as `http://127.0.0.1:9042/api`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// The node itself.
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Stops the server. Requests have three seconds to finish.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // The server may have stopped already.
            let _ = stop.send(());
        }
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}
