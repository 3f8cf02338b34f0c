//! `completions`

use clap::builder::PossibleValuesParser;
use deployer_core::plugin::{Plugin, ProcessVariables};

use crate::cli::Global;
use crate::exit::Exit;
use crate::output::Output;
use crate::session::way_in;
use crate::settings::{Carried, WayIn};

/// Prints a script that completes commands, options, the environments and nodes of the settings file, and the kinds of plugins.
pub(crate) fn run(
    shell: clap_complete::Shell,
    global: &Global,
    carried: Carried,
    variables: &ProcessVariables,
    table: &[&'static Plugin],
    output: &Output,
) -> Exit {
    let text = match way_in(global, carried, variables) {
        Ok(WayIn::File(path)) => std::fs::read_to_string(path).unwrap_or_default(),
        _ => String::new(),
    };
    let mut kinds: Vec<&str> = table.iter().map(|plugin| plugin.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    output.result(&script(shell, &sections(&text, "environments"), &sections(&text, "nodes"), &kinds));
    Exit::Done
}

/// The names of the tables below a section of a settings file. A file with mistakes has none: a shell that starts needs no messages.
fn sections(text: &str, section: &str) -> Vec<String> {
    let file = text.parse::<toml::Table>().unwrap_or_default();
    let tables = file.get(section).and_then(toml::Value::as_table);
    tables.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

fn script(shell: clap_complete::Shell, environments: &[String], nodes: &[String], kinds: &[&str]) -> String {
    let mut command = crate::cli::command();
    for (option, names) in [("environment", environments), ("node", nodes)] {
        if !names.is_empty() {
            command = command.mut_arg(option, |option| option.value_parser(one_of(names)));
        }
    }
    command = command.mut_subcommand("plugins", |plugins| {
        plugins.mut_subcommand("show", |show| show.mut_arg("kind", |kind| kind.value_parser(one_of(kinds))))
    });
    let mut script = Vec::new();
    if shell == clap_complete::Shell::Bash {
        // The generator for Bash loses the subcommands of a program with a hyphen in its name.
        clap_complete::generate(shell, &mut command, "sesam_deployer", &mut script);
        let script = String::from_utf8_lossy(&script);
        return script.replace(" default sesam_deployer\n", " default sesam-deployer\n");
    }
    clap_complete::generate(shell, &mut command, "sesam-deployer", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The values of an argument. They live as long as the process, as clap requires.
fn one_of(names: &[impl ToString]) -> PossibleValuesParser {
    let names = names.iter().map(|name| -> &'static str { name.to_string().leak() });
    PossibleValuesParser::new(names.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use clap_complete::Shell;

    use super::*;

    #[test]
    fn a_script_completes_the_names_of_the_file_and_the_kinds() {
        let text =
            "[environments.staging]\n[environments.prod-eu]\n[nodes.master]\nx = 1\n[nodes.nett.target]\n";
        let (environments, nodes) = (sections(text, "environments"), sections(text, "nodes"));
        assert_eq!(
            (environments.join(" "), nodes.join(" ")),
            ("prod-eu staging".into(), "master nett".into())
        );
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell, &environments, &nodes, &["git", "vault"]);
            // The script for fish completes no arguments without an option.
            let kind = if shell == Shell::Fish { "nett" } else { "vault" };
            for name in ["prod-eu", "staging", "nett", kind] {
                assert!(script.contains(name), "{shell}: {name}");
            }
        }
        assert!(sections("[broken", "nodes").is_empty());
    }

    #[test]
    fn scripts_pass_the_filter_for_pipelines_unchanged() {
        for shell in Shell::value_variants() {
            let script = script(*shell, &["a".to_owned()], &[], &["git"]);
            assert_eq!(crate::output::harmless_text(&script), script, "{shell}");
        }
    }
}
