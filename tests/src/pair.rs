//! Two embedded nodes with a small configuration, and a record of each write to them: by whom, when, and of which text.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use deployer_testkit::axum::Router;
use deployer_testkit::axum::extract::{Request, State};
use deployer_testkit::axum::http::{HeaderMap, Method, StatusCode};
use deployer_testkit::axum::middleware::{Next, from_fn_with_state};
use deployer_testkit::axum::response::Response;
use deployer_testkit::world::{World, WorldBuilder};
use serde_json::{Value, json};
use sesam_node::Node;
use tokio::sync::{oneshot, watch};

/// The nodes; each is served below a path of its name.
pub const NODES: [&str; 2] = ["master", "extra"];
/// The secret that the configuration uses.
pub const SECRET: &str = "crm-token";
/// The pipes whose comment changes from version to version, one for each node.
const CHANGING: [&str; 2] = ["customer", "order"];

/// A write to a node.
#[derive(Debug, Clone)]
pub struct Write {
    /// The token of the writer.
    pub writer: String,
    /// The node.
    pub node: &'static str,
    /// Method and path, such as `PUT /api/config`.
    pub request: String,
    /// The comment in an uploaded configuration.
    pub comment: Option<String>,
    /// When the node began to carry it out.
    pub at: Instant,
    /// The status of the answer.
    pub status: Option<StatusCode>,
}

impl Write {
    /// Whether it is an upload of a configuration that the node accepted.
    pub fn is_upload(&self) -> bool {
        self.request == "PUT /api/config" && self.status.is_some_and(|status| status.is_success())
    }
}

/// On which side of a write a trap is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The node has not carried it out.
    Before,
    /// The node has carried it out, and has not answered.
    After,
}

/// A write that is stopped on its way.
#[derive(Debug)]
struct Trap {
    left: usize,
    side: Side,
    caught: oneshot::Sender<String>,
    released: watch::Receiver<()>,
}

/// A write that is caught on its way. Dropping it lets the write go on.
#[derive(Debug)]
pub struct Caught {
    caught: oneshot::Receiver<String>,
    _release: watch::Sender<()>,
}

impl Caught {
    /// The writer, once its write is caught. `None` if the trap was removed.
    pub async fn writer(&mut self) -> Option<String> {
        (&mut self.caught).await.ok()
    }
}

#[derive(Debug, Default)]
struct Record {
    writes: Vec<Write>,
    trap: Option<Trap>,
}

/// The writes to all nodes; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Writes(Arc<Mutex<Record>>);

impl Writes {
    /// All writes so far, in the order in which the nodes began to carry them out.
    pub fn all(&self) -> Vec<Write> {
        self.lock().writes.clone()
    }

    /// The writes after the first ones.
    pub fn since(&self, first: usize) -> Vec<Write> {
        self.lock().writes.get(first..).unwrap_or_default().to_vec()
    }

    /// The number of writes so far.
    pub fn len(&self) -> usize {
        self.lock().writes.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Catches the n-th write from now on, counted from 1. Replaces an earlier trap.
    pub fn catch(&self, nth: usize, side: Side) -> Caught {
        let ((sender, caught), (release, released)) = (oneshot::channel(), watch::channel(()));
        self.lock().trap = Some(Trap { left: nth, side, caught: sender, released });
        Caught { caught, _release: release }
    }

    /// Removes the trap if it has caught nothing.
    pub fn remove_trap(&self) {
        self.lock().trap = None;
    }

    /// The trap, if this is the write that it waits for.
    fn trap(&self) -> Option<Trap> {
        let mut record = self.lock();
        let trap = record.trap.as_mut()?;
        trap.left -= 1;
        if trap.left == 0 { record.trap.take() } else { None }
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A master and an extra node, both embedded and without a token of their own.
#[derive(Debug)]
pub struct Pair {
    /// The servers.
    pub world: World,
    /// The nodes by name.
    pub nodes: BTreeMap<&'static str, Node>,
    /// Every write to a node.
    pub writes: Writes,
}

impl Pair {
    /// Starts the nodes in a world.
    pub fn start(mut world: WorldBuilder) -> Self {
        let (mut nodes, writes) = (BTreeMap::new(), Writes::default());
        for name in NODES {
            let node = Node::builder().build().expect("a node in memory needs nothing");
            let recorded =
                node.router().layer(from_fn_with_state((name, node.clone(), writes.clone()), record));
            world = world.routes(Router::new().nest(&format!("/{name}"), recorded));
            nodes.insert(name, node);
        }
        Self { world: world.start(), nodes, writes }
    }

    /// The sections of the settings that name the nodes, whose token is in `NODE_TOKEN`, and the shape of the configuration.
    pub fn settings(&self) -> String {
        let mut text =
            "environment = \"test\"\n[configuration]\nwhitelist = false\nvariables = false\n".to_owned();
        for name in NODES {
            let url = self.world.server().url(&format!("/{name}"));
            text += &format!(
                "[nodes.{name}.target]\nkind = \"node\"\nurl = \"{url}\"\ntoken = {{ env = \"NODE_TOKEN\" }}\n"
            );
        }
        text
    }

    /// The comment of the configuration that a node has.
    pub fn comment(&self, node: &str) -> Option<String> {
        comment(&self.nodes[node])
    }

    /// The value of the secret that the master has.
    pub fn secret(&self) -> Option<String> {
        self.nodes["master"].secret_value_for_test(SECRET)
    }
}

/// A version of the configuration, which differs from others by its comment alone: files by path.
pub fn configuration(comment: &str) -> BTreeMap<String, Vec<u8>> {
    let file =
        |path: &str, content: Value| (format!("node/{path}.conf.json"), content.to_string().into_bytes());
    let source = json!({ "type": "http_endpoint" });
    BTreeMap::from([
        file(
            "pipes/customer",
            json!({ "_id": "customer", "type": "pipe", "comment": comment, "source": source }),
        ),
        file(
            "pipes/customer-out",
            json!({ "_id": "customer-out", "type": "pipe", "source": { "type": "dataset", "dataset": "customer" },
                    "sink": { "type": "json", "system": "crm" } }),
        ),
        file(
            "systems/crm",
            json!({ "_id": "crm", "type": "system:url", "url_pattern": "https://crm.example/%s", "password": format!("$SECRET({SECRET})") }),
        ),
        file(
            "pipes/order",
            json!({ "_id": "order", "type": "pipe", "comment": comment, "metadata": { "node": "extra" }, "source": source }),
        ),
    ])
}

/// Writes files below a folder.
///
/// # Panics
/// If that is not possible.
pub fn write_files(root: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (path, content) in files {
        let file = root.join(path);
        let folder = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder.and_then(|()| std::fs::write(&file, content)).expect("the world's folder is writable");
    }
}

/// The writes of a run that came after another run had begun to write, as from a run that does not know that it was replaced. A run is
/// what one writer does for one version of the configuration.
pub fn late(writes: &[Write]) -> Vec<&Write> {
    let (mut versions, mut runs, mut late) = (BTreeMap::new(), Vec::new(), Vec::new());
    for write in writes {
        if write.comment.is_some() {
            versions.insert(&write.writer, &write.comment);
        }
        let run = (&write.writer, versions.get(&write.writer).copied());
        match runs.iter().position(|other| *other == run) {
            None => runs.push(run),
            Some(at) if at + 1 < runs.len() => late.push(write),
            Some(_) => {}
        }
    }
    late
}

async fn record(
    State((name, node, writes)): State<(&'static str, Node, Writes)>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() == Method::GET {
        return next.run(request).await;
    }
    let (mut trap, writer) = (writes.trap(), token(request.headers()));
    if trap.as_ref().is_some_and(|trap| trap.side == Side::Before) {
        spring(trap.take(), &writer).await;
    }
    let number = {
        let mut record = writes.lock();
        record.writes.push(Write {
            writer: writer.clone(),
            node: name,
            request: format!("{} {}", request.method(), request.uri().path()),
            comment: None,
            at: Instant::now(),
            status: None,
        });
        record.writes.len() - 1
    };
    let response = next.run(request).await;
    if let Some(write) = writes.lock().writes.get_mut(number) {
        write.status = Some(response.status());
        write.comment = if write.is_upload() { comment(&node) } else { None };
    }
    spring(trap, &writer).await;
    response
}

/// Holds a request until it is released.
async fn spring(trap: Option<Trap>, writer: &str) {
    let Some(mut trap) = trap else { return };
    // Nobody listens if the test has gone on.
    let _ = trap.caught.send(writer.to_owned());
    // The other end is dropped.
    let _ = trap.released.changed().await;
}

fn token(headers: &HeaderMap) -> String {
    let header = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    header.rsplit(' ').next().unwrap_or_default().to_owned()
}

/// The comment of the configuration that a node has.
fn comment(node: &Node) -> Option<String> {
    let entities = node.state().config("");
    let changing = entities.into_iter().find(|entity| CHANGING.iter().any(|id| entity["_id"] == *id))?;
    changing["comment"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_late_if_another_run_began_before_it() {
        let write = |writer: &str, comment: Option<&str>| Write {
            writer: writer.to_owned(),
            node: "master",
            request: "PUT /api/config".to_owned(),
            comment: comment.map(str::to_owned),
            at: Instant::now(),
            status: None,
        };
        let in_turn = [write("a", Some("1")), write("a", None), write("b", Some("2")), write("a", Some("3"))];
        assert!(late(&in_turn).is_empty());
        let crossed = [write("a", Some("1")), write("b", Some("2")), write("a", None)];
        assert_eq!(late(&crossed).len(), 1);
    }
}
