//! Somebody else changes a node at a request of a run: checks the exit code, the receipt against the state of the node, that whatever
//! is lost is named and kept in a snapshot, that `restore` brings it back, and that the next run converges.

mod work;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use deployer_testkit::server::{Entry, Moment, Rule};
use deployer_testkit::world::{Outcome, Program, World};
use serde_json::{Value, json};
use sesam_node::Node;

pub use work::Work;
use work::{Configuration, pipe};

/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(120);
const TOKEN: &str = "node-token-of-the-races";

/// The command that meets the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `deploy`.
    Deploy,
    /// `apply` of a plan that was saved before.
    Apply,
}

/// A request of a run to the node: the n-th of its method and path, and whether the change comes before or after it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    method: String,
    path: String,
    nth: usize,
    moment: Moment,
}

/// How a case ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code of the run.
    pub code: Option<i32>,
    /// What became of the other person's work.
    pub fate: Fate,
    /// Everything wrong with the case.
    pub wrong: Vec<String>,
}

/// What became of somebody else's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is on the node.
    Kept,
    /// The run replaced it. It is in a snapshot.
    Replaced,
    /// It came after the last comparison and before the write: a node has no conditional writes.
    InTheGap,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deploy => "deploy",
            Self::Apply => "apply",
        })
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = if self.moment == Moment::BeforeApply { "before" } else { "after" };
        write!(f, "{moment} {} {} ({})", self.method, self.path, self.nth)
    }
}

/// A deployed node, and a configuration that changes a pipe and a variable, and adds a pipe.
pub struct Races {
    world: World,
    executable: PathBuf,
    command: Command,
    before: Configuration,
    expected: Configuration,
    requests: Vec<(String, String, usize)>,
}

impl Races {
    /// Deploys to a node, changes the configuration, and runs the command once undisturbed.
    ///
    /// # Panics
    /// When a run fails.
    pub async fn prepare(executable: &Path, command: Command) -> Self {
        let node = Node::builder().jwt(TOKEN).build().expect("a node in memory needs nothing");
        let world = World::builder().node(node).start();
        let (before, expected) = (Configuration::of(world.node()), Configuration::of(world.node()));
        let (executable, requests) = (executable.to_owned(), Vec::new());
        let mut races = Self { world, executable, command, before, expected, requests };
        races.configure("first", &["steady", "changed", "removed"]);
        succeeds(&races.program().args(["deploy", "--yes"]).run(LIMIT).await);
        races.before = Configuration::of(races.world.node());
        races.configure("second", &["steady", "changed", "removed", "new"]);
        succeeds(&races.program().args(["plan", "--out", "plan.json"]).run(LIMIT).await);
        races.world.log().clear();
        succeeds(&races.run().await);
        races.expected = Configuration::of(races.world.node());
        for entry in races.world.log().entries() {
            let path = entry.path_only().to_owned();
            let is_same = |it: &&(String, String, usize)| it.0 == entry.method && it.1 == path;
            let nth = races.requests.iter().filter(is_same).count() + 1;
            races.requests.push((entry.method, path, nth));
        }
        races
    }

    /// Before and after each request of the undisturbed run.
    pub fn moments(&self) -> Vec<At> {
        let both = [Moment::BeforeApply, Moment::AfterApply];
        let each = self.requests.iter().flat_map(|request| both.map(|moment| (request.clone(), moment)));
        each.map(|((method, path, nth), moment)| At { method, path, nth, moment }).collect()
    }

    /// Runs the command while somebody else works on the node.
    ///
    /// # Panics
    /// When a run hangs.
    pub async fn meet(&self, at: &At, work: Work) -> Ended {
        self.reset();
        let rule = Rule::new(&at.method, &at.path).nth(at.nth);
        let node = self.world.node().clone();
        self.world.faults().call(rule, at.moment, move |_| work.carry_out(&node));
        let outcome = self.run().await;
        let after = Configuration::of(self.world.node());
        let entries = self.world.log().entries();
        self.world.faults().clear();
        let mut wrong = self.judge(&outcome, &after, work);
        let fate = if work.is_in(&after) {
            if outcome.code() == Some(0) && is_read_later(&entries, at, work) {
                wrong.push("exit code 0, although the node was read with the change on it".to_owned());
            }
            Fate::Kept
        } else if is_in_the_gap(&entries, at, work) {
            Fate::InTheGap
        } else {
            wrong.extend(self.unrecoverable(&outcome, work).await);
            Fate::Replaced
        };
        let next = self.program().args(["deploy", "--yes"]).run(LIMIT).await;
        if next.code() != Some(0) {
            wrong.push(format!("the next run ends with {:?}: {}", next.code(), next.stderr()));
        }
        if Configuration::of(self.world.node()) != self.expected {
            wrong.push("the next run does not converge".to_owned());
        }
        Ended { code: outcome.code(), fate, wrong }
    }

    /// Checks the exit code and the receipt against the state of the node, apart from what somebody else changed.
    fn judge(&self, outcome: &Outcome, after: &Configuration, work: Work) -> Vec<String> {
        let document = document(outcome);
        let mut wrong = Vec::new();
        match (outcome.code(), document["error"].is_null()) {
            (Some(0), true) | (Some(1 | 3 | 4), false) => {}
            (code, _) => wrong.push(format!("exit code {code:?}: {}", outcome.stderr())),
        }
        let steps = document["receipt"]["nodes"][0]["steps"].as_array().into_iter().flatten();
        for step in steps {
            let (name, said) = (step["step"].as_str().unwrap_or_default(), &step["outcome"]);
            let part = |configuration: &Configuration| configuration.part(name, work);
            let (was, is, wanted) = (part(&self.before), part(after), part(&self.expected));
            let is_true = match said.as_str().unwrap_or_default() {
                "done" | "not-put-back" => is == wanted,
                "failed" | "put-back" | "not-done" => is == was,
                "unknown" => is == was || is == wanted,
                _ => false,
            };
            if !is_true {
                wrong.push(format!("false receipt: {name} is {said}"));
            }
        }
        wrong
    }

    /// Whether lost work is not named, not in a snapshot, or not restored from it.
    async fn unrecoverable(&self, outcome: &Outcome, work: Work) -> Vec<String> {
        let document = document(outcome);
        let mut wrong = Vec::new();
        let replanned = document["receipt"]["nodes"][0]["replanned"].as_array().cloned().unwrap_or_default();
        let plans = replanned.iter().chain(document["plan"]["nodes"].as_array().into_iter().flatten());
        let (list, key) = if work.is_variable() { ("variables", "name") } else { ("entities", "id") };
        let is_named = |plan: &Value| {
            let changes = plan[list].as_array().into_iter().flatten();
            changes.into_iter().any(|change| change[key] == work.item())
        };
        if !plans.into_iter().any(is_named) {
            wrong.push("lost without being named in a plan".to_owned());
        }
        // The last snapshot is of the state that the run replaced.
        let Some(snapshot) = document["snapshots"].as_array().and_then(|all| all.last()?.as_str()) else {
            wrong.push("lost without a snapshot".to_owned());
            return wrong;
        };
        let restored = self.program().args(["restore", snapshot, "--yes"]).run(LIMIT).await;
        if restored.code() != Some(0) {
            wrong.push(format!("restore ends with {:?}: {}", restored.code(), restored.stderr()));
        }
        if !work.is_in(&Configuration::of(self.world.node())) {
            wrong.push("restore does not bring it back".to_owned());
        }
        wrong
    }

    fn configure(&self, text: &str, pipes: &[&str]) {
        let metadata = json!({ "_id": "node", "type": "metadata", "place": "$ENV(place) $ENV(greeting)" });
        self.world.write("root/node/node-metadata.conf.json", metadata.to_string());
        let variables = json!({ "place": text, "greeting": "hello" });
        self.world.write("root/node/variables/variables-test.json", variables.to_string());
        let mut whitelist = "node-metadata.conf.json\n".to_owned();
        for id in pipes {
            let text = if *id == "changed" { text } else { "as it is" };
            let mut pipe = pipe(id, text);
            pipe["password"] = json!("$SECRET(password)");
            self.world.write(&format!("root/node/pipes/{id}.conf.json"), pipe.to_string());
            whitelist += &format!("pipes/{id}.conf.json\n");
        }
        self.world.write("root/node/deployment/whitelist-test.txt", whitelist);
    }

    fn reset(&self) {
        let node = self.world.node();
        node.set_config("", self.before.entities.clone()).expect("a node in memory");
        node.set_env(self.before.variables.clone()).expect("a node in memory");
        self.world.log().clear();
    }

    fn program(&self) -> Program<'_> {
        let settings = format!(
            "environment = \"test\"\n[source]\nkind = \"folder\"\npath = \"root\"\n\
             [stores.own]\nkind = \"environment\"\nprefix = \"SECRET_\"\n\
             [nodes.master.target]\nkind = \"node\"\nurl = \"{}\"\ntoken = {{ env = \"NODE_TOKEN\" }}\n",
            self.world.node_url()
        );
        self.world.write("deployer.toml", settings);
        let program = self.world.program(&self.executable);
        let program = match self.world.server().ca_file() {
            Some(file) => program.env("SSL_CERT_FILE", file),
            None => program,
        };
        program.env("NODE_TOKEN", TOKEN).env("SECRET_password", "a password of the races")
    }

    async fn run(&self) -> Outcome {
        let program = match self.command {
            Command::Deploy => self.program().arg("deploy"),
            Command::Apply => self.program().args(["apply", "plan.json"]),
        };
        program.args(["--yes", "--json"]).run(LIMIT).await
    }
}

/// When the request that met the change ended, on the clock of the log.
fn end(entries: &[Entry], at: &At) -> u64 {
    let met = entries.iter().filter(|entry| entry.is(&at.method, &at.path)).nth(at.nth - 1);
    met.and_then(|entry| entry.ended).unwrap_or(u64::MAX)
}

/// Whether the run read the place of the work again after the work was done.
fn is_read_later(entries: &[Entry], at: &At, work: Work) -> bool {
    let done = end(entries, at);
    entries.iter().any(|entry| entry.is("GET", work.path()) && entry.started > done)
}

/// Whether the run wrote over the work without reading its place in between.
fn is_in_the_gap(entries: &[Entry], at: &At, work: Work) -> bool {
    if at.method == "PUT" && at.path == work.path() {
        return at.moment == Moment::BeforeApply;
    }
    let done = end(entries, at);
    let mut later = entries.iter().filter(|entry| entry.started > done && entry.path_only() == work.path());
    later.next().is_some_and(|entry| entry.method == "PUT")
}

fn document(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout()).unwrap_or_default()
}

fn succeeds(outcome: &Outcome) {
    assert_eq!(outcome.code(), Some(0), "{}{}", outcome.stdout(), outcome.stderr());
}
