//! `cargo xtask matrix`

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use lexopt::prelude::*;

use crate::shell::{Result, Shell, run as run_command, shown};
use crate::words::unknown;
use crate::workspace::{PROGRAM, Package, packages};

pub(crate) const HELP: &str = "\
Usage: cargo xtask matrix [--plugin NAME]... [--lints | --tests]

Shows that nothing works only by what something else brings. Derived from the manifests, each of these on its own:
  the crate of each plugin              lints, with its own dependencies and their features alone; then the contract of its family
  the program with each feature alone   lints; also with none, and with all

Warnings are errors. Everything is tried, even when something fails; what failed is listed at the end.

Options:
  --plugin NAME  this plugin alone, such as store-vault; may be given several times
  --lints        compile and lint, run no test
  --tests        run the tests alone

Examples:
  cargo xtask matrix --plugin store-vault
  cargo xtask matrix --lints";

pub(crate) fn run(shell: &Shell, parser: lexopt::Parser) -> Result {
    let wanted = Wanted::read(parser)?;
    let mut failed = Vec::new();
    for cell in cells(&packages(shell)?, &wanted)? {
        if let Err(why) = cell.check(shell) {
            failed.push(format!("{}: {why}", cell.name));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n       ")) }
}

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    /// Some plugins by name; everything when there are none.
    plugins: Vec<String>,
    lints: bool,
    tests: bool,
}

/// One thing that has to work on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell {
    /// How it is called where it failed.
    name: String,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// The lints of a package without default features, with some.
    Lints { package: String, features: String },
    /// The contract tests of a package.
    Contract { package: String },
}

impl Wanted {
    fn read(mut parser: lexopt::Parser) -> Result<Self> {
        let mut wanted = Self { plugins: Vec::new(), lints: true, tests: true };
        let (mut lints, mut tests) = (false, false);
        while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
            match argument {
                Long("plugin") => {
                    let name = parser.value().and_then(|value| value.string());
                    wanted.plugins.push(name.map_err(|error| error.to_string())?);
                }
                Long("lints") => lints = true,
                Long("tests") => tests = true,
                other => return Err(other.unexpected().to_string()),
            }
        }
        if lints != tests {
            (wanted.lints, wanted.tests) = (lints, tests);
        }
        Ok(wanted)
    }
}

/// What has to work, in the order in which it is tried.
fn cells(packages: &[Package], wanted: &Wanted) -> Result<Vec<Cell>> {
    let plugins: Vec<&str> = packages.iter().filter_map(Package::plugin).collect();
    if let Some(name) = wanted.plugins.iter().find(|name| !plugins.contains(&name.as_str())) {
        return Err(unknown("plugin", name, &plugins));
    }
    let is_wanted = |name: &str| wanted.plugins.is_empty() || wanted.plugins.iter().any(|w| w == name);
    let program = packages.iter().find(|package| package.name == PROGRAM);
    let features = program.into_iter().flat_map(|program| program.features.keys().map(String::as_str));
    let features: Vec<&str> = features.filter(|feature| !matches!(*feature, "default" | "all")).collect();
    let edges: &[&str] = if wanted.plugins.is_empty() { &["", "all"] } else { &[] };

    let lone = plugins.iter().filter(|plugin| is_wanted(plugin));
    let mut cells = Vec::new();
    if wanted.lints {
        cells.extend(lone.clone().map(|plugin| Cell::lints(&format!("deployer-{plugin}"), "")));
        let alone = features.iter().filter(|feature| is_wanted(feature));
        cells.extend(edges.iter().chain(alone).map(|features| Cell::lints(PROGRAM, features)));
    }
    if wanted.tests {
        cells.extend(lone.map(|plugin| Cell::contract(&format!("deployer-{plugin}"))));
    }
    Ok(cells)
}

impl Cell {
    fn lints(package: &str, features: &str) -> Self {
        let name = match (package, features) {
            (PROGRAM, "") => "the program without plugins".to_owned(),
            (PROGRAM, "all") => "the program with all plugins".to_owned(),
            (PROGRAM, features) => format!("the program with {features} alone"),
            (plugin, _) => format!("{plugin} alone"),
        };
        let (package, features) = (package.to_owned(), features.to_owned());
        Self { name, what: What::Lints { package, features } }
    }

    fn contract(package: &str) -> Self {
        let name = format!("the contract of {package} alone");
        Self { name, what: What::Contract { package: package.to_owned() } }
    }

    fn check(&self, shell: &Shell) -> Result {
        match &self.what {
            What::Lints { package, features } => {
                // Not `--all-targets`: what tests depend on would bring its features along.
                let arguments = ["clippy", "--locked", "--package", package, "--no-default-features"];
                let command = shell.cargo(&arguments).args(["--features", features]);
                run_command(command.args(["--", "-D", "warnings"]))
            }
            What::Contract { package } => contract(shell, package),
        }
    }
}

/// Runs the contract tests of a package, which are those with `contract` in their names. There has to be one.
fn contract(shell: &Shell, package: &str) -> Result {
    let command = shell.cargo(&["test", "--locked", "--package", package, "--test", "*", "--", "contract"]);
    let shown = shown(&command);
    eprintln!("$ {shown}");
    let child = Command::from(command).stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| error.to_string())?;
    let mut passed = 0;
    for line in child.stdout.take().into_iter().flat_map(|output| BufReader::new(output).lines()) {
        let line = line.map_err(|error| format!("the output of the tests: {error}"))?;
        passed += usize::from(is_passed(&line));
        println!("{line}");
    }
    match child.wait().map_err(|error| error.to_string())? {
        status if !status.success() => Err(format!("`{shown}` failed")),
        _ if passed == 0 => Err("no test has `contract` in its name".to_owned()),
        _ => Ok(()),
    }
}

/// Whether a line of the test harness says that a test passed.
fn is_passed(line: &str) -> bool {
    line.starts_with("test ") && line.ends_with(" ... ok")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages() -> Vec<Package> {
        let package = |name: &str, folder: &str| Package {
            name: name.into(),
            folder: folder.into(),
            ..Package::default()
        };
        let mut program = package(PROGRAM, "crates/deployer");
        let features = ["all", "default", "node", "notify-b", "store-a"];
        program.features = features.map(|feature| (feature.to_owned(), Vec::new())).into();
        vec![
            package("deployer-core", "crates/core"),
            package("deployer-notify-b", "plugins/notify-b"),
            package("deployer-store-a", "plugins/store-a"),
            program,
        ]
    }

    fn wanted(arguments: &[&str]) -> Result<Wanted> {
        Wanted::read(lexopt::Parser::from_args(arguments))
    }

    fn names(arguments: &[&str]) -> Vec<String> {
        let cells = cells(&packages(), &wanted(arguments).unwrap()).unwrap();
        cells.into_iter().map(|cell| cell.name).collect()
    }

    #[test]
    fn every_plugin_and_every_feature_stands_alone_once() {
        let expected = [
            "deployer-notify-b alone",
            "deployer-store-a alone",
            "the program without plugins",
            "the program with all plugins",
            "the program with node alone",
            "the program with notify-b alone",
            "the program with store-a alone",
            "the contract of deployer-notify-b alone",
            "the contract of deployer-store-a alone",
        ];
        assert_eq!(names(&[]), expected);
        assert_eq!(names(&["--lints"]), expected[..7]);
        assert_eq!(names(&["--tests"]), expected[7..]);
        assert_eq!(names(&["--lints", "--tests"]), expected, "both are everything");
    }

    #[test]
    fn one_plugin_leaves_out_what_does_not_concern_it() {
        let expected = [
            "deployer-store-a alone",
            "the program with store-a alone",
            "the contract of deployer-store-a alone",
        ];
        assert_eq!(names(&["--plugin", "store-a"]), expected);
        let error = cells(&packages(), &wanted(&["--plugin", "store-b"]).unwrap()).unwrap_err();
        assert_eq!(
            error,
            "there is no plugin \"store-b\"; did you mean store-a? There are notify-b, store-a"
        );
        assert!(wanted(&["store-a"]).is_err() && wanted(&["--plugin"]).is_err());
    }

    #[test]
    fn tests_that_passed_are_told_from_the_rest() {
        let output = [
            "running 2 tests",
            "test contract::a ... ok",
            "test contract::b ... ignored",
            "test result: ok.",
        ];
        assert_eq!(output.into_iter().filter(|line| is_passed(line)).count(), 1);
    }
}
