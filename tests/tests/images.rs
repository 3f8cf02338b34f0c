//! The container images, built and run without a daemon: as their own user, against the servers of a world over HTTPS.

use std::process::{Command, Output};
use std::time::Duration;

use deployer_testkit::images::{Hindrance, Images};
use deployer_testkit::{skip, skip_or_fail};
use deployer_tests::checks::assert_code;
use deployer_tests::scene::Scene;
use deployer_tests::state::State;
use deployer_tests::workspace;
use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(60);
/// What the static program is built with: enough for a whole deploy over a network.
const FEATURES: &str = "source-folder,store-vault,target-node,target-git";
/// Where the configuration is mounted: below the working directory, as the original's image had it.
const MOUNTED: &str = "/service/configuration";

/// An image, and a scene that its containers see.
struct Container<'a> {
    images: &'a Images,
    scene: &'a Scene,
    image: String,
    name: String,
}

impl<'a> Container<'a> {
    /// Builds the image with a program.
    fn new(images: &'a Images, scene: &'a Scene, image: &str, program: &TempDir) -> Self {
        let file = workspace().join("images").join(image).join("Containerfile");
        images.build(&file, &workspace(), program.path(), image);
        let name = images.container(image).expect("the image is there");
        Self { images, scene, image: image.to_owned(), name }
    }

    /// Runs a command with the variables of the original, and more.
    fn run(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
        let ca_file = self.scene.world.server().ca_file().expect("the world speaks HTTPS").display();
        let mounts = [format!("{}:{MOUNTED}", self.scene.root.display()), format!("{ca_file}:/ca.pem")];
        let own = self.scene.variables();
        let mut all: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.extend([("NODE_FOLDER", "configuration"), ("SSL_CERT_FILE", "/ca.pem")]);
        all.extend(variables);
        let mut command = self.images.run(&self.name, &all, &mounts);
        command.args(arguments);
        Images::output(command)
    }

    /// Runs what a container runs that is given no command.
    fn run_as_it_is(&self, variables: &[(&str, &str)]) -> Output {
        let config = self.images.config(&self.image);
        let words = ["Entrypoint", "Cmd"].into_iter().filter_map(|key| config[key].as_array()).flatten();
        self.run(variables, &words.filter_map(Value::as_str).collect::<Vec<_>>())
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// The run succeeded; what it said.
fn fine(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    said(output)
}

/// The run did not succeed; what it said.
fn failed(output: &Output) -> String {
    assert!(!output.status.success(), "{}", said(output));
    said(output)
}

/// A folder with a program that needs no library of the machine it runs on, in the profile of tests.
fn static_program() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
    let mut build = Command::new(cargo);
    build.args(["xtask", "build", "--static", "--profile", "dev", "--features", FEATURES, "--output"]);
    let output = build.arg(folder.path()).current_dir(workspace()).output().expect("cargo can be started");
    assert!(output.status.success(), "{}", said(&output));
    folder
}

/// A folder with the program under test.
fn program_under_test() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::copy(PROGRAM, folder.path().join("sesam-deployer")).expect("the program is built");
    folder
}

/// A dry run, a deploy that leaves the state that one outside of a container leaves, and one that finds nothing to do.
fn deploys(container: &Container<'_>, expected: &State) {
    let before = container.scene.state();
    assert!(fine(&container.run_as_it_is(&[("DRY_RUN", "true")])).contains("Dry run, nothing was written."));
    assert_eq!(container.scene.state(), before);
    assert!(fine(&container.run_as_it_is(&[])).contains("Deployed to test."));
    assert_eq!(&container.scene.state(), expected);
    assert!(fine(&container.run_as_it_is(&[])).contains("Nothing to do."));
}

fn full(images: &Images, expected: &State) {
    let scene = Scene::new();
    let container = Container::new(images, &scene, "full", &program_under_test());
    let config = images.config("full");
    assert_eq!(config["WorkingDir"], "/service");
    assert_eq!(config["Entrypoint"], Value::Null, "a pipeline starts its own shell");
    assert_eq!(fine(&container.run(&[], &["id", "-u"])).trim(), "10001");
    let tools = "git --version && ssh -V && test -s /etc/ssl/certs/ca-certificates.crt && touch here";
    fine(&container.run(&[], &["bash", "-c", tools]));
    assert!(fine(&container.run(&[], &["sesam-deployer", "--version"])).starts_with("sesam-deployer "));
    assert!(fine(&container.run(&[], &["sesam-deployer", "plugins", "--json"])).contains("target-git"));
    assert!(fine(&container.run(&[], &["sesam-deployer", "check"])).contains("No problem found"));
    // The command of the original's image, and its place.
    let version = fine(&container.run(&[], &["python", "-u", "/service/deployer.py", "--version"]));
    assert!(version.starts_with("sesam-deployer "), "{version}");
    assert!(failed(&container.run(&[], &["python", "-c", "1"])).contains("holds no Python"));
    deploys(&container, expected);
    assert!(fine(&container.run(&[], &["python", "deployer.py"])).contains("Nothing to do."));
}

fn minimal(images: &Images, expected: &State) {
    let scene = Scene::new();
    let container = Container::new(images, &scene, "minimal", &static_program());
    assert_eq!(images.config("minimal")["User"], "10001:10001");
    let run =
        |arguments: &[&str]| container.run(&[], &[&["/usr/local/bin/sesam-deployer"], arguments].concat());
    assert!(fine(&run(&["--version"])).starts_with("sesam-deployer "));
    assert!(fine(&run(&["plugins"])).contains("store-aws"));
    assert!(fine(&run(&["check"])).contains("No problem found"));
    assert!(failed(&container.run(&[], &["sh", "-c", "true"])).contains("sh"), "there is no shell");
    fine(&run(&["render", "/tmp/rendered"]));
    assert!(failed(&run(&["render", "/rendered"])).contains("Permission denied"), "it is not root");
    deploys(&container, expected);
    // What needs a program that is not there is said so. The certificates of authorities are there: without them no connection is tried.
    for (address, program) in [("ssh://git@localhost/a.git", "ssh"), ("/service/configuration", "git")] {
        let settings = format!(
            "environment = \"test\"\n[nodes.master.target]\nkind = \"git\"\nurl = \"{address}\"\nbranch = \"main\"\n\
             [verify]\nsecrets = false\n[nodes.nett]\ntarget = false\n[nodes.marked]\ntarget = false\n"
        );
        scene.write("deployer.toml", &settings);
        let said = failed(&run(&["--settings", "configuration/deployer.toml", "plan"]));
        assert!(said.contains(&format!("the program {program} cannot be started")), "{said}");
        assert!(said.contains("use an https:// address"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_images_build_and_deploy_as_their_own_user() {
    const CASE: &str = "container images";
    let images = match Images::start() {
        Ok(images) => images,
        Err(Hindrance::Missing(reason)) => return skip_or_fail(CASE, &reason),
        Err(Hindrance::Forbidden(reason)) => return skip(CASE, &reason),
    };
    let outside = Scene::new();
    assert_code(&outside.program(PROGRAM).arg("deploy").run(LIMIT).await, 0);
    let expected = outside.state();
    // The servers of the scenes go on beside the containers.
    tokio::task::block_in_place(|| {
        full(&images, &expected);
        minimal(&images, &expected);
    });
}
