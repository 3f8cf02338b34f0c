//! The tutorials: their commands run in order in an empty folder, and the pages show what the commands print.
//!
//! The picture below a block shows the same as the block does, as a terminal would. With `UPDATE_TUTORIALS=1` pages and pictures are written
//! with the output of the program.

mod picture;

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use deployer_tests::workspace;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");

/// The ports on the pages. Each run takes free ones in their place.
const PORTS: [&str; 2] = ["9042", "9043"];

/// A block whose commands alone are shown: the picture below has what they print.
const PICTURED: &str = "```console picture";

/// A reader of a page: an empty folder, terminals, and the nodes that run in them.
struct Reader {
    folder: tempfile::TempDir,
    ports: Vec<String>,
    variables: Vec<(String, String)>,
    nodes: Vec<Child>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            let _ = node.kill();
            let _ = node.wait();
        }
    }
}

impl Reader {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let programs = folder.path().join("programs");
        std::fs::create_dir(&programs).expect("writable");
        std::fs::create_dir(folder.path().join("work")).expect("writable");
        let program = programs.join("sesam-deployer");
        let script = format!("#!/bin/sh\nexec '{PROGRAM}' --color always \"$@\"\n");
        std::fs::write(&program, script).expect("writable");
        std::fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("writable");
        let free: Vec<TcpListener> =
            PORTS.iter().map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
        let ports = free.iter().map(|it| it.local_addr().expect("an address").port().to_string()).collect();
        Self { folder, ports, variables: Vec::new(), nodes: Vec::new() }
    }

    fn bash(&self, script: &str) -> Command {
        let ports = PORTS.iter().zip(&self.ports);
        let script = ports.fold(script.to_owned(), |text, (shown, used)| text.replace(shown, used));
        let mut paths = vec![self.folder.path().join("programs")];
        paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let mut command = Command::new("bash");
        command.args(["-euc", &script]).current_dir(self.folder.path().join("work")).stdin(Stdio::null());
        command.env_clear().env("PATH", std::env::join_paths(paths).expect("paths without colons"));
        command.env("HOME", self.folder.path()).envs(self.variables.iter().cloned());
        command
    }

    /// What a command prints, with the ports and names of the page. Colours stay.
    fn shown(&self, printed: &str) -> String {
        let ports = PORTS.iter().zip(&self.ports);
        let text = ports.fold(printed.to_owned(), |text, (shown, used)| text.replace(used, shown));
        text.lines().map(|line| without_id(line).trim_end().to_owned() + "\n").collect()
    }

    /// A command of a `console` block, and what it prints in colour.
    fn command(&mut self, command: &str) -> String {
        if let Some((name, value)) = command.strip_prefix("export ").and_then(|rest| rest.split_once('=')) {
            self.variables.push((name.to_owned(), value.to_owned()));
            return String::new();
        }
        if command.starts_with("sesam-deployer node ") {
            let mut bash = self.bash(&format!("exec {command}"));
            let mut node = bash.stdout(Stdio::piped()).spawn().expect("bash");
            let mut line = String::new();
            let output = node.stdout.as_mut().expect("its output is piped");
            BufReader::new(output).read_line(&mut line).expect("the node prints its address");
            self.nodes.push(node);
            return self.shown(&line);
        }
        let output = self.bash(&format!("{command} 2>&1")).output().expect("bash");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "`{command}` ends with {}:\n{printed}", output.status);
        self.shown(&printed)
    }

    /// A script of an `sh` block, which prints nothing.
    fn script(&self, script: &str) {
        let output = self.bash(script).output().expect("bash");
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed);
        assert!(output.status.success() && printed.is_empty(), "{script}\n{printed}");
    }
}

/// A line without the name of a snapshot, which differs per run.
fn without_id(line: &str) -> String {
    let Some((before, rest)) = line.split_once("snapshot-test-") else { return line.to_owned() };
    let Some((_, after)) = rest.split_once(".json") else { return line.to_owned() };
    format!("{before}snapshot-test-….json{after}")
}

/// The page as it should be, with what its commands print, and its pictures of terminals by file name.
fn followed(page: &str) -> (String, Vec<(String, String)>) {
    let mut reader = Reader::new();
    let (mut should_be, mut pictures, mut last) = (String::new(), Vec::new(), String::new());
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        should_be.push_str(&format!("{line}\n"));
        if let Some((_, name)) = line.split_once("](pictures/terminal-") {
            pictures.push((format!("terminal-{}", name.trim_end_matches(')')), picture::terminal(&last)));
        }
        let block = |lines: &mut std::str::Lines<'_>| -> Vec<String> {
            lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect()
        };
        if line == "```sh" {
            let script = block(&mut lines).join("\n");
            reader.script(&script);
            should_be.push_str(&format!("{script}\n```\n"));
        } else if line == "```console" || line == PICTURED {
            last.clear();
            for line in block(&mut lines) {
                if let Some(command) = line.strip_prefix("$ ") {
                    last.push_str(&format!("{line}\n{}", reader.command(command)));
                }
            }
            let shown = anstream::adapter::strip_str(&last).to_string();
            let is_shown = |text: &&str| line != PICTURED || text.starts_with("$ ");
            should_be.extend(shown.lines().filter(is_shown).flat_map(|text| [text, "\n"]));
            should_be.push_str("```\n");
        }
    }
    (should_be, pictures)
}

fn follow(name: &str) {
    let path: PathBuf = workspace().join("docs").join(name);
    let page = std::fs::read_to_string(&path).expect("a page");
    let (should_be, pictures) = followed(&page);
    let picture = |name: &str| workspace().join("docs/pictures").join(name);
    if std::env::var_os("UPDATE_TUTORIALS").is_some() {
        std::fs::write(Path::new(&path), should_be).expect("writable");
        pictures.iter().for_each(|(name, svg)| std::fs::write(picture(name), svg).expect("writable"));
        return;
    }
    for (name, svg) in &pictures {
        let is = std::fs::read_to_string(picture(name)).unwrap_or_default();
        assert!(is == *svg, "docs/pictures/{name} is stale: run this test with UPDATE_TUTORIALS=1");
    }
    let differing = page.lines().zip(should_be.lines()).find(|(is, should_be)| is != should_be);
    assert!(
        page == should_be,
        "docs/{name} is stale, first in {differing:?}; run this test with UPDATE_TUTORIALS=1"
    );
    let last = should_be.rsplit("```console").next().unwrap_or_default();
    assert!(last.contains("nothing to change"), "{name} ends in another state: {last}");
}

#[test]
fn the_first_deploy_prints_what_its_page_shows() {
    follow("first-deploy.md");
}

#[test]
fn the_second_node_is_connected_as_its_page_shows() {
    follow("second-node.md");
}
