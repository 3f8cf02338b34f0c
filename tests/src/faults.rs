//! Faults at each request of a deploy: checks the exit code, the receipt against the state of the servers, and the next run.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use deployer_testkit::canary::Canary;
use deployer_testkit::server::{Answer, Cut, Faults, Rule};
use deployer_testkit::world::{Outcome, Program, World};
use serde_json::{Value, json};
use sesam_node::Node;

use crate::scene::{Credentials, EXTRA_NODES, Scene};
use crate::state::State;

/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(120);

/// A fault of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut before the body is read.
    CutBefore,
    /// The connection is cut within the body.
    CutWithin,
    /// The request is applied, and the connection cut before the answer.
    CutAfter,
    /// The request is applied, and the answer breaks off.
    Truncated,
    /// The request arrives twice.
    Duplicate,
    /// The answer comes late.
    Slow,
    /// The request is not applied, and another answer is given.
    Instead(u16, Body),
    /// The request is applied, and another answer is given.
    Replaced(u16, Body),
}

/// The body of an answer that is not the server's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// A page for people.
    Html,
    /// An empty JSON object.
    Object,
    /// JSON's `null`.
    Null,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 24] = [
        Self::CutBefore,
        Self::CutWithin,
        Self::CutAfter,
        Self::Truncated,
        Self::Duplicate,
        Self::Slow,
        Self::Instead(200, Body::Empty),
        Self::Instead(200, Body::Html),
        Self::Instead(200, Body::Object),
        Self::Instead(200, Body::Null),
        Self::Instead(204, Body::Empty),
        Self::Instead(401, Body::Empty),
        Self::Instead(404, Body::Html),
        Self::Instead(408, Body::Html),
        Self::Instead(429, Body::Empty),
        Self::Instead(500, Body::Html),
        Self::Instead(503, Body::Html),
        Self::Instead(520, Body::Html),
        Self::Replaced(200, Body::Empty),
        Self::Replaced(200, Body::Html),
        Self::Replaced(500, Body::Html),
        Self::Replaced(502, Body::Html),
        Self::Replaced(504, Body::Html),
        Self::Replaced(524, Body::Html),
    ];

    fn program(self, faults: &Faults, rule: Rule) {
        match self {
            Self::CutBefore => faults.cut(rule, Cut::BeforeBody),
            Self::CutWithin => faults.cut(rule, Cut::InBody(1)),
            Self::CutAfter => faults.cut(rule, Cut::BeforeAnswer),
            Self::Truncated => faults.cut(rule, Cut::InAnswer),
            Self::Duplicate => faults.twice(rule),
            Self::Slow => faults.delay(rule, Duration::from_millis(300)),
            Self::Instead(status, body) => faults.answer(rule, body.answer(status)),
            Self::Replaced(status, body) => faults.replace(rule, body.answer(status)),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutBefore => f.write_str("cut before the body"),
            Self::CutWithin => f.write_str("cut within the body"),
            Self::CutAfter => f.write_str("applied, cut before the answer"),
            Self::Truncated => f.write_str("applied, answer truncated"),
            Self::Duplicate => f.write_str("applied twice"),
            Self::Slow => f.write_str("slow"),
            Self::Instead(status, body) => write!(f, "not applied, {status} {body:?}"),
            Self::Replaced(status, body) => write!(f, "applied, {status} {body:?}"),
        }
    }
}

impl Body {
    fn answer(self, status: u16) -> Answer {
        match self {
            Self::Empty => Answer { status, headers: Vec::new(), body: String::new() },
            Self::Html => Answer::html(status, "Gateway error"),
            Self::Object => Answer::json(status, &json!({})),
            Self::Null => Answer::json(status, &Value::Null),
        }
    }
}

/// A request of a deploy: the n-th of its method and path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    method: String,
    path: String,
    nth: usize,
}

impl Request {
    /// Whether it writes to a node or a repository.
    pub fn is_write(&self) -> bool {
        let to_node = self.path.contains("/api/") && self.method != "GET";
        to_node || (self.method == "POST" && self.path.ends_with("/git-receive-pack"))
    }

    /// Whether it reads from a path that contains a text.
    pub fn reads(&self, path: &str) -> bool {
        self.method == "GET" && self.path.contains(path)
    }

    fn rule(&self) -> Rule {
        Rule::new(&self.method, &self.path).nth(self.nth)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.method, self.path, self.nth)
    }
}

/// How a case ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code of the run that met the fault.
    pub code: Option<i32>,
    /// Everything wrong with the case.
    pub wrong: Vec<String>,
}

/// A deploy without faults.
#[derive(Debug)]
pub struct Undisturbed {
    /// Its requests, in order.
    pub requests: Vec<Request>,
    expected: Everything,
}

/// The state of all servers.
#[derive(Debug, Clone, PartialEq)]
struct Everything {
    world: State,
    extra: Extra,
}

/// The state of the extra node `nett`.
#[derive(Debug, Clone, PartialEq)]
struct Extra {
    config: Vec<Value>,
    env: Value,
    secrets: BTreeMap<String, Option<String>>,
}

/// A master and the extra node `nett` behind their APIs, and the extra node `marked` behind git. All tokens and secret values are planted.
struct Place {
    scene: Scene,
    extra: Node,
}

impl Place {
    fn new() -> Self {
        let secret = Canary::new("secret", "planted-value-8c1d-of-a-secret");
        let [token, vault, git] = ["node", "vault", "git"].map(Canary::header_safe);
        let node = || Node::builder().jwt(token.value()).build().expect("a node in memory needs nothing");
        let (master, extra) = (node(), node());
        let planted = [&secret, &token, &vault, &git];
        let world = planted.into_iter().fold(World::builder(), |world, canary| world.canary(canary));
        let credentials = Credentials {
            node: token.value().to_owned(),
            vault: vault.value().to_owned(),
            git: git.value().to_owned(),
        };
        let value = |name: &str| format!("{} {name}", secret.value());
        Self { scene: Scene::with(world.node_at("/nett", &extra).node(master), credentials, value), extra }
    }

    fn program(&self, executable: &Path) -> Program<'_> {
        let url = self.scene.world.node_url();
        let more = format!(
            "[environments.test.nodes.nett.target]\nkind = \"node\"\nurl = \"{url}/nett\"\ntoken = {{ env = \"NODE_TOKEN\" }}\n"
        );
        self.scene.program_with_file(executable, &more)
    }

    async fn deploy(&self, executable: &Path) -> Outcome {
        self.program(executable).args(["deploy", "--yes", "--json"]).run(LIMIT).await
    }

    fn everything(&self) -> Everything {
        let extra = self.extra.state();
        let mut config = extra.config("");
        config.sort_by_key(|entity| entity["_id"].to_string());
        let value = |name: String| (name.clone(), self.extra.secret_value_for_test(&name));
        let secrets = extra.secret_names().into_iter().map(value).collect();
        let extra = Extra { config, env: Value::Object(extra.env()), secrets };
        Everything { world: self.scene.state(), extra }
    }
}

impl Undisturbed {
    /// Deploys once without faults.
    ///
    /// # Panics
    /// When that fails.
    pub async fn run(executable: &Path) -> Self {
        let place = Place::new();
        let outcome = place.deploy(executable).await;
        assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
        let mut requests: Vec<Request> = Vec::new();
        for entry in place.scene.world.log().entries() {
            let path = entry.path_only().to_owned();
            let before = requests.iter().filter(|it| it.method == entry.method && it.path == path).count();
            requests.push(Request { method: entry.method, path, nth: before + 1 });
        }
        Self { requests, expected: place.everything() }
    }

    /// Deploys with a fault at a request, and then without.
    ///
    /// # Panics
    /// When a run shows a planted secret or hangs.
    pub async fn meets(&self, executable: &Path, request: &Request, fault: Fault) -> Ended {
        let place = Place::new();
        let before = place.everything();
        fault.program(place.scene.world.faults(), request.rule());
        let outcome = place.deploy(executable).await;
        let after = place.everything();
        let mut wrong = self.judge(&outcome, &before, &after);
        place.scene.world.faults().clear();
        let next = place.deploy(executable).await;
        if next.code() != Some(0) {
            wrong.push(format!("the next run ends with {:?}: {}", next.code(), next.stderr()));
        }
        if place.everything() != self.expected {
            wrong.push("the next run does not converge".to_owned());
        }
        for name in EXTRA_NODES {
            wrong.extend(place.scene.repository(name).fsck().err());
        }
        Ended { code: outcome.code(), wrong }
    }

    /// Checks the exit code and the receipt against the state of the servers.
    fn judge(&self, outcome: &Outcome, before: &Everything, after: &Everything) -> Vec<String> {
        let Ok(document) = serde_json::from_str::<Value>(&outcome.stdout()) else {
            return vec![format!("no document: {} {}", outcome.stdout(), outcome.stderr())];
        };
        let mut wrong = Vec::new();
        match (outcome.code(), document["error"].is_null()) {
            (Some(0), true) if *after == self.expected => {}
            (Some(0), true) => wrong.push("exit code 0, and not deployed".to_owned()),
            (Some(0), false) => wrong.push("exit code 0 with an error".to_owned()),
            (Some(1 | 3 | 4), false) => {}
            (Some(1 | 3 | 4), true) => wrong.push("failed without an error".to_owned()),
            (code, _) => wrong.push(format!("exit code {code:?}: {}", outcome.stderr())),
        }
        let steps = steps(&document);
        if steps.is_empty() && after != before {
            wrong.push("the run wrote something without a receipt".to_owned());
        }
        for (node, name, said) in steps {
            let Some(part) = part(node, name) else {
                wrong.push(format!("unknown step {name} of node {node} in the receipt"));
                continue;
            };
            let (was, is, wanted) = (part(before), part(after), part(&self.expected));
            let is_true = match said {
                "done" | "not-put-back" => is == wanted,
                "failed" | "put-back" | "not-done" => is == was,
                "unknown" => is == was || is == wanted,
                _ => false,
            };
            if !is_true {
                wrong.push(format!("false receipt: {name} of node {node} is {said}"));
            }
        }
        wrong
    }
}

/// The steps of a receipt: node, step and outcome.
fn steps(document: &Value) -> Vec<(&str, &str, &str)> {
    let nodes = document["receipt"]["nodes"].as_array().into_iter().flatten();
    nodes
        .flat_map(|node| {
            let steps = node["steps"].as_array().into_iter().flatten();
            steps.map(move |step| (text(&node["node"]), text(&step["step"]), text(&step["outcome"])))
        })
        .collect()
}

/// Reads the part of the servers' state that a step writes.
type Part = Box<dyn Fn(&Everything) -> Value>;

/// Selects the part of the state that a step of a node writes.
fn part(node: &str, step: &str) -> Option<Part> {
    let of_git = node.to_owned();
    Some(match (node, step) {
        ("master", "set variables") => Box::new(|it| json!(it.world.env)),
        ("master", "upload configuration") => Box::new(|it| json!(it.world.config)),
        ("master", "send secrets") => Box::new(|it| json!(it.world.secrets)),
        ("nett", "set variables") => Box::new(|it| it.extra.env.clone()),
        ("nett", "upload configuration") => Box::new(|it| json!(it.extra.config)),
        ("nett", "send secrets") => Box::new(|it| json!(it.extra.secrets)),
        (_, step) if step.starts_with("push to branch") => {
            Box::new(move |it| json!(it.world.git.get(&of_git)))
        }
        _ => return None,
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
