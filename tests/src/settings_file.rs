//! Scenes with a settings file, and helpers that end-to-end tests share.

use std::path::Path;

use deployer_testkit::world::Program;

use crate::scene::{BRANCH, EXTRA_NODES, MOUNT, Scene};
use crate::state::State;

impl Scene {
    /// A program with a settings file that says what the variables of [`Scene::program`] say, and more tables at its end.
    pub fn program_with_file(&self, executable: impl AsRef<Path>, more: &str) -> Program<'_> {
        let target = |name: &str| {
            let url = self.world.git_url(name);
            format!(
                "kind = \"git\"\nurl = \"{url}\"\nbranch = \"{BRANCH}\"\nusername = \"deployer\"\ntoken = {{ env = \"GIT_TOKEN\" }}\n"
            )
        };
        self.program_with_targets(executable, target, more)
    }

    /// The same with extra nodes that are Sesam nodes, each below a path of its name at the world's address.
    pub fn program_with_direct_nodes(&self, executable: impl AsRef<Path>, more: &str) -> Program<'_> {
        let target = |name: &str| {
            let url = self.world.node_url();
            format!("kind = \"node\"\nurl = \"{url}/{name}\"\ntoken = {{ env = \"NODE_TOKEN\" }}\n")
        };
        self.program_with_targets(executable, target, more)
    }

    fn program_with_targets(
        &self,
        executable: impl AsRef<Path>,
        target: impl Fn(&str) -> String,
        more: &str,
    ) -> Program<'_> {
        let file = self.world.write("settings/deployer.toml", self.settings_file(target, more));
        let program = self.world.program(executable).arg("--settings").arg(file);
        let program = match self.world.server().ca_file() {
            Some(file) => program.env("SSL_CERT_FILE", file),
            None => program,
        };
        program
            .env("NODE_TOKEN", &self.credentials.node)
            .env("VAULT_TOKEN_OF_GITHUB", &self.credentials.vault)
            .env("GIT_TOKEN", &self.credentials.git)
    }

    /// A program with the original's environment variables, one of them with a part of its text replaced.
    ///
    /// # Panics
    /// When the text does not hold the part.
    pub fn program_but(
        &self,
        executable: impl AsRef<Path>,
        variable: &str,
        part: &str,
        new: &str,
    ) -> Program<'_> {
        let text = &self.variables()[variable];
        assert!(text.contains(part), "{variable} does not hold {part:?}: {text}");
        self.program(executable).env(variable, text.replace(part, new))
    }

    fn settings_file(&self, target: impl Fn(&str) -> String, more: &str) -> String {
        let mut text = format!(
            "environment = \"test\"\n\
             link = {{ env = \"RELEASE_URL\" }}\n\
             [source]\nkind = \"folder\"\npath = \"{root}\"\n\
             [configuration]\nlinks = \"seed\"\n\
             [stores.vault]\nkind = \"vault\"\naddress = \"{vault}\"\nmount = \"{MOUNT}\"\n\
             login = {{ github = {{ token = {{ env = \"VAULT_TOKEN_OF_GITHUB\" }} }} }}\n\
             [nodes.master]\n\
             [nodes.master.target]\nkind = \"node\"\nurl = \"{node}\"\ntoken = {{ env = \"NODE_TOKEN\" }}\n",
            root = self.root.display(),
            vault = self.world.vault_url(),
            node = self.world.node_url(),
        );
        for name in EXTRA_NODES {
            let proxy = name == "marked";
            text += &format!(
                "[nodes.{name}]\ntemplates = \"extra_nodes/{name}\"\nproxy = {proxy}\n[nodes.{name}.target]\n{}",
                target(name)
            );
        }
        text + more
    }

    /// A table for the end of a settings file that tells a channel of the world's Slack of every run, with the token in `SLACK_TOKEN`.
    pub fn slack_section(&self, channel: &str) -> String {
        let address = self.world.slack_url();
        format!(
            "[[notify]]\nkind = \"slack\"\ntoken = {{ env = \"SLACK_TOKEN\" }}\nchannel = \"{channel}\"\nsend = \"always\"\napi_url = \"{address}\"\n"
        )
    }

    /// What the node and the repositories of the extra nodes hold.
    pub fn state(&self) -> State {
        State::observe(&self.world, BRANCH, EXTRA_NODES.map(str::to_owned))
    }

    /// Replaces a part of a file of the configuration, given below its root.
    ///
    /// # Panics
    /// When the file does not hold the part.
    pub fn replace(&self, path: &str, part: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(part), "{path} does not hold {part:?}");
        self.write(path, &text.replace(part, new));
    }

    /// Every place of a text in a file of the configuration, as messages show it: `file:line:column`, the column in characters, the
    /// file below the node folder or, outside of it, below the root.
    pub fn places(&self, path: &str, part: &str) -> Vec<String> {
        let text = self.read(path);
        let file = path.strip_prefix("node/").unwrap_or(path);
        let place = |(line, column): (usize, usize)| format!("{file}:{}:{}", line + 1, column + 1);
        let lines = text.lines().enumerate();
        let found = lines.flat_map(|(at, line)| {
            line.match_indices(part).map(move |(offset, _)| (at, line[..offset].chars().count()))
        });
        found.map(place).collect()
    }
}
