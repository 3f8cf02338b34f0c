//! Making a world.

use axum::Router;
use sesam_node::Node;
use tempfile::TempDir;

use super::fakes::World;
use super::spawned::Spawned;
use crate::canary::Canary;
use crate::git::GitHost;
use crate::server::Server;
use crate::slack::FakeSlack;
use crate::vault::FakeVault;

/// The parts of a world before it starts.
#[derive(Debug, Default)]
pub struct WorldBuilder {
    plain: bool,
    node: Option<Node>,
    routes: Router,
    canaries: Vec<Canary>,
}

impl World {
    /// A world over HTTPS with empty fakes.
    pub fn builder() -> WorldBuilder {
        WorldBuilder::default()
    }
}

impl WorldBuilder {
    /// Serves over plain HTTP instead of HTTPS.
    #[must_use]
    pub fn http(mut self) -> Self {
        self.plain = true;
        self
    }

    /// Serves this node in place of one in memory that takes any token.
    ///
    /// A node that keeps its state in a directory of the world writes secrets there: see [`World::exempt`].
    #[must_use]
    pub fn node(mut self, node: Node) -> Self {
        self.node = Some(node);
        self
    }

    /// Serves another node below a path of its own, such as `/extra`: its API stands below `/extra/api`.
    #[must_use]
    pub fn node_at(self, path: &str, node: &Node) -> Self {
        self.routes(Router::new().nest(path, node.router()))
    }

    /// Adds routes, such as those of a second server nested below a path of its own.
    #[must_use]
    pub fn routes(mut self, routes: Router) -> Self {
        self.routes = self.routes.merge(routes);
        self
    }

    /// Names a secret that must not show. Planting it is up to the test.
    #[must_use]
    pub fn canary(mut self, canary: &Canary) -> Self {
        self.canaries.push(canary.clone());
        self
    }

    /// Starts the world.
    pub fn start(self) -> World {
        let folder = TempDir::with_prefix("testkit-world-").expect("the temporary folder is writable");
        for name in ["home", "tmp"] {
            std::fs::create_dir(folder.path().join(name)).expect("a new temporary folder is writable");
        }
        let node =
            self.node.unwrap_or_else(|| Node::builder().build().expect("a node in memory needs nothing"));
        let spawned = Spawned::watch(folder.path());
        let (vault, git, slack) =
            (FakeVault::new(), GitHost::at(folder.path().join("git")), FakeSlack::new());
        let routes =
            self.routes.merge(node.router()).merge(vault.router()).merge(git.router()).merge(slack.router());
        let server = if self.plain { Server::http(routes) } else { Server::https(routes) };
        World {
            folder,
            spawned,
            server,
            node,
            vault,
            git,
            slack,
            canaries: self.canaries,
            exempt: Vec::new(),
        }
    }
}
