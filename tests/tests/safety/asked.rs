//! Nothing is written that nobody asked for: every combination of settings file, variables of the original, `DRY_RUN`, command and
//! terminal.

use deployer_testkit::world::{Program, World};
use deployer_tests::checks::{said, writes};
use deployer_tests::scene::NODE_TOKEN;
use deployer_tests::terminal;
use serde_json::json;
use sesam_node::Node;

use crate::{LIMIT, PROGRAM};

/// How a person starts the program.
#[derive(Debug, Clone, Copy)]
struct Start {
    has_file: bool,
    has_variables: bool,
    dry_run: Option<&'static str>,
    has_command: bool,
    on_a_terminal: bool,
}

impl Start {
    fn all() -> Vec<Self> {
        let both = [false, true];
        let mut all = Vec::new();
        for has_file in both {
            for has_variables in both {
                for dry_run in [None, Some("true"), Some("false"), Some("maybe")] {
                    for has_command in both {
                        for on_a_terminal in both {
                            all.push(Self { has_file, has_variables, dry_run, has_command, on_a_terminal });
                        }
                    }
                }
            }
        }
        all
    }

    /// The exit code, and whether the run may write.
    fn expected(self) -> (i32, bool) {
        match (self.has_file, self.has_variables, self.has_command, self.dry_run) {
            // The file and the variables contradict each other, or there are no settings at all.
            (true, true, ..) | (false, false, true, _) => (78, false),
            // Without a command only the variables of the original deploy.
            (_, false, false, _) => (64, false),
            (.., Some("true")) => (0, false),
            (.., Some("false")) | (true, .., None) => (0, true),
            // The variables need a decision, and a word that is neither `true` nor `false` is none.
            (.., None | Some(_)) => (78, false),
        }
    }
}

/// A world with a master node and a configuration of one pipe, in a folder with a settings file and in one without.
struct Place(World);

impl Place {
    fn new() -> Self {
        let node = Node::builder().jwt(NODE_TOKEN).build().expect("a node in memory needs nothing");
        let world = World::builder().node(node).http().start();
        for folder in ["with", "without"] {
            world.write(&format!("{folder}/node/deployment/whitelist-test.txt"), "pipes/a.conf.json\n");
            world.write(&format!("{folder}/node/variables/variables-test.json"), "{}");
        }
        let file = format!(
            "environment = \"test\"\n[nodes.master.target]\nkind = \"node\"\nurl = \"{}\"\ntoken = {{ env = \"NODE_TOKEN\" }}\n",
            world.node_url()
        );
        world.write("with/deployer.toml", file);
        Self(world)
    }

    fn program(&self, start: Start) -> Program<'_> {
        let folder = if start.has_file { "with" } else { "without" };
        let program = if start.on_a_terminal {
            terminal::on_a_terminal(|python| self.0.program(python), "yes\n", PROGRAM)
        } else {
            self.0.program(PROGRAM)
        };
        let mut program = program.current_dir(folder).env("NODE_TOKEN", NODE_TOKEN);
        if start.has_variables {
            let master = json!({
                "URL": self.0.node_url(), "JWT": NODE_TOKEN, "UPLOAD_VARIABLES": true, "UPLOAD_SECRETS": false,
            });
            program = program
                .env("NODE_FOLDER", ".")
                .env("ENVIRONMENT", "test")
                .env("VERIFY_SECRETS", "false")
                .env("MASTER_NODE", master.to_string());
        }
        if let Some(dry_run) = start.dry_run {
            program = program.env("DRY_RUN", dry_run);
        }
        if start.has_command { program.arg("deploy") } else { program }
    }

    /// Changes the pipe, so that a run that may write has something to write.
    fn change(&self, number: usize) {
        let pipe = json!({
            "_id": "a", "type": "pipe", "description": number.to_string(),
            "source": { "type": "embedded", "entities": [] },
        });
        for folder in ["with", "without"] {
            self.0.write(&format!("{folder}/node/pipes/a.conf.json"), pipe.to_string());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_writes_only_if_a_person_asked_for_it() {
    let place = Place::new();
    let has_terminals = terminal::has_terminals("runs on a terminal");
    let mut written = 0;
    for (number, start) in Start::all().into_iter().enumerate() {
        if start.on_a_terminal && !has_terminals {
            continue;
        }
        place.change(number);
        let outcome = place.program(start).run(LIMIT).await;
        let (code, writing) = start.expected();
        assert_eq!(outcome.code(), Some(code), "{start:?}: {}", said(&outcome));
        let before = std::mem::replace(&mut written, writes(&place.0).len());
        assert_eq!(written > before, writing, "{start:?}: {}", said(&outcome));
        if !writing
            && code == 78
            && start.dry_run == Some("maybe")
            && !(start.has_file && start.has_variables)
        {
            assert!(said(&outcome).contains("DRY_RUN is neither"), "{start:?}: {}", said(&outcome));
        }
    }
}
