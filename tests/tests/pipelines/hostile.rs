//! A hostile pull request goes through the shipped steps: no command runs, no token leaves, no pipeline command is obeyed.

use std::path::{Path, PathBuf};
use std::process::Command;

use deployer_testkit::server::Server;
use deployer_testkit::slack::FakeSlack;
use deployer_testkit::world::{Outcome, Program};
use deployer_tests::checks::{assert_code, assert_says, said, writes};
use deployer_tests::scene::Scene;
use serde_json::Value;

use crate::{LIMIT, PROGRAM, yaml};

/// The settings of the base branch.
fn trusted(scene: &Scene) -> String {
    let url = scene.world.node_url();
    format!(
        "environment = \"test\"\n[configuration]\nwhitelist = false\nvariables = false\n[verify]\nsecrets = false\n\
         [nodes.master]\nupload_secrets = false\ntarget = {{ kind = \"node\", url = \"{url}\", token = {{ env = \"READ_TOKEN\" }} }}\n"
    )
}

/// A world with a repository whose base branch has trusted settings, and an attacker's server.
struct Attack {
    scene: Scene,
    attacker: Server,
    base: PathBuf,
    pull_request: PathBuf,
}

impl Attack {
    fn new() -> Self {
        let scene = Scene::new();
        let attacker = Server::http(FakeSlack::new().router());
        let base = scene.world.write("base/deployer.toml", trusted(&scene));
        scene.world.write("base/node/pipes/calm.conf.json", pipe("calm", ""));
        let base = base.parent().expect("a folder").to_owned();
        let folder = scene.world.folder().to_owned();
        let pwned = folder.join("pwned");
        let address = attacker.url("");
        scene.world.write(
            "pull-request/deployer.toml",
            format!(
                "environment = \"test\"\n[nodes.master]\ntarget = {{ kind = \"node\", url = \"{address}\", \
                 token = {{ command = [\"touch\", \"{}\"] }} }}\n",
                pwned.display()
            ),
        );
        for (number, name) in NAMES.iter().enumerate() {
            let file = format!("pull-request/node/pipes/hostile-{number}.conf.json");
            scene.world.write(&file, pipe(&format!("hostile-{number}"), name));
        }
        Self { attacker, base, pull_request: folder.join("pull-request"), scene }
    }

    /// A shell with the environment of the job; the token can only read.
    fn shell(&self, script: &Value) -> Program<'_> {
        let shell = self.scene.world.program("bash");
        let shell = match self.scene.world.server().ca_file() {
            Some(file) => shell.env("SSL_CERT_FILE", file),
            None => shell,
        };
        shell
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script.as_str().expect("a script")])
            .env("READ_TOKEN", deployer_tests::scene::NODE_TOKEN)
    }

    /// Nothing ran, nothing left the world, nothing was written.
    fn assert_harmless(&self, outcome: &Outcome) {
        assert!(!self.scene.world.folder().join("pwned").exists(), "a command ran: {}", said(outcome));
        assert!(self.attacker.log().entries().is_empty(), "the attacker was asked: {}", said(outcome));
        assert_eq!(writes(&self.scene.world), Vec::<String>::new(), "{}", said(outcome));
    }
}

/// Texts that pipelines would obey at the beginning of a line.
const NAMES: [&str; 4] = [
    "x\n::error::owned",
    "x\r##vso[task.setvariable variable=a]owned",
    "::add-mask::owned",
    "\u{1b}[2Jowned",
];

fn pipe(id: &str, description: &str) -> String {
    serde_json::json!({
        "_id": id,
        "type": "pipe",
        "description": description,
        "source": { "type": "embedded", "entities": [] },
    })
    .to_string()
}

async fn github(attack: &Attack) -> Outcome {
    let action = yaml::read("github/action.yml");
    let step = yaml::step(&action, "Plan or deploy");
    let folder = attack.scene.world.folder();
    let settings = attack.base.join("deployer.toml");
    let shell = attack
        .shell(&step["run"])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", folder)
        .env("GITHUB_OUTPUT", folder.join("outputs"))
        .env("GITHUB_STEP_SUMMARY", folder.join("summary"))
        .env("RUNNER_TEMP", folder)
        .env("DEPLOYER_COMMAND", "plan")
        .env("DEPLOYER_ENVIRONMENT", "test")
        .env("DEPLOYER_SETTINGS", settings)
        .env("DEPLOYER_SOURCE", &attack.pull_request)
        .env("DEPLOYER_COMMANDS", "false")
        .env("DEPLOYER_STATE_PLACE", "artifact")
        .env("DEPLOYER_PROGRAM", PROGRAM)
        .env("DEPLOYER_ARGUMENTS", "")
        .env("DEPLOYER_ARTIFACT", "");
    shell.run(LIMIT).await
}

/// The branches of the pull request as a checkout of Azure's agent: `HEAD` is the pull request, `origin/main` its target.
fn checkout(attack: &Attack) {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(&attack.pull_request).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]);
        assert!(git.args(arguments).status().expect("git runs").success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    let settings = std::fs::read_to_string(attack.pull_request.join("deployer.toml")).expect("readable");
    let trusted = std::fs::read_to_string(attack.base.join("deployer.toml")).expect("readable");
    std::fs::write(attack.pull_request.join("deployer.toml"), trusted).expect("writable");
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "base"]);
    git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    std::fs::write(attack.pull_request.join("deployer.toml"), settings).expect("writable");
    git(&["commit", "--quiet", "--all", "--message", "hostile"]);
}

async fn azure(attack: &Attack) -> Outcome {
    let template = yaml::read("azure/stages.yml");
    let step = yaml::step(&template, "Plan");
    let shell = attack
        .shell(&step["bash"])
        .env("TF_BUILD", "True")
        .env("BUILD_SOURCESDIRECTORY", &attack.pull_request)
        .env("AGENT_TEMPDIRECTORY", attack.scene.world.folder())
        .env("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main")
        .env("DEPLOYER_PROGRAM", PROGRAM)
        .env("DEPLOYER_ENVIRONMENT", "test")
        .env("DEPLOYER_SETTINGS", "")
        .env("DEPLOYER_SOURCE", ".")
        .env("DEPLOYER_COMMANDS", "false")
        .env("DEPLOYER_STATE_PLACE", "artifact")
        .env("DEPLOYER_ARGUMENTS", "");
    shell.run(LIMIT).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_of_the_base_branch_hold_and_no_text_is_obeyed() {
    let attack = Attack::new();
    let planned = github(&attack).await;
    assert_code(&planned, 0);
    attack.assert_harmless(&planned);
    let obeyed = |line: &str| line.trim_start().starts_with("::") && line.contains("owned");
    let output = said(&planned);
    assert!(!output.split(['\n', '\r']).any(obeyed), "{output}");

    let attack = Attack::new();
    checkout(&attack);
    let planned = azure(&attack).await;
    assert_code(&planned, 0);
    attack.assert_harmless(&planned);
    let output = said(&planned);
    let obeyed = |line: &str| line.contains("##vso[") && line.contains("owned");
    assert!(!output.split(['\n', '\r']).any(obeyed), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_and_huge_files_are_refused() {
    let attack = Attack::new();
    let pipes = attack.pull_request.join("node/pipes");
    std::os::unix::fs::symlink(Path::new("/etc/passwd"), pipes.join("link.conf.json")).expect("writable");
    let refused = github(&attack).await;
    assert_code(&refused, 3);
    assert_says(&refused, ["link.conf.json"]);
    attack.assert_harmless(&refused);
    std::fs::remove_file(pipes.join("link.conf.json")).expect("writable");

    let huge = std::fs::File::create(pipes.join("huge.conf.json")).expect("writable");
    huge.set_len(10 << 30).expect("a sparse file");
    let refused = github(&attack).await;
    assert_code(&refused, 3);
    assert_says(&refused, ["huge.conf.json"]);
    attack.assert_harmless(&refused);
}
