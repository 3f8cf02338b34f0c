//! The command line.

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::exit::Exit;
use crate::gallery::TemplateFolder;

/// Deploys Sesam configuration: verifies it, splits it into nodes, connects them, shows what changes, and writes it.
///
/// Settings come from a file (`--settings`, or `deployer.toml` in the current folder or above it in the repository, or the one that the
/// program was built with), or from the environment variables of the original deployer (NODE_FOLDER, ENVIRONMENT, MASTER_NODE,
/// EXTRA_NODES, VAULT_URL, …). With these and no command, `deploy` runs.
#[derive(Debug, Parser)]
#[command(name = "sesam-deployer", bin_name = "sesam-deployer", version = crate::version::LINE, max_term_width = 110, after_long_help = examples())]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
}

/// What holds for every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Settings file [default: deployer.toml here or above, up to the root of the repository; then environment variables].
    #[arg(long, global = true, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// Ignore a deployer.toml that is found; use the original's environment variables.
    #[arg(long, global = true, conflicts_with = "settings")]
    pub no_settings_file: bool,
    /// The environment, such as `test` or `prod`.
    #[arg(long, global = true, value_name = "NAME")]
    pub environment: Option<String>,
    /// Limit the run to one node. The others are verified, and neither read nor written.
    #[arg(long, global = true, value_name = "NAME")]
    pub node: Option<String>,
    /// Print one JSON document for machines on standard output.
    #[arg(long, global = true)]
    pub json: bool,
    /// How much to log on standard error: off, error, warn (the default), info, debug or trace.
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<tracing::level_filters::LevelFilter>,
    /// How to write the log and what people read. Without it `azure` in Azure Pipelines, `github` in GitHub Actions, else `text`.
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// When to use colour; `auto` means on a terminal where NO_COLOR is not set.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub color: Colour,
}

/// How the log is written, and the text for people.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object a line of the log; the rest as in `text`.
    Json,
    /// For Azure Pipelines: diffs are folded, errors and warnings stand at file and line.
    Azure,
    /// For GitHub Actions: the same with its commands.
    Github,
}

/// When colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Verify everything, show what changes, and write it
    ///
    /// Nothing is written anywhere before every node, variable, secret, template and target has been verified. A run that fails says
    /// what was and what was not written; running it again converges.
    Deploy(Deploy),
    /// Show what a deploy would change, and write nothing
    Plan(Plan),
    /// Carry out a plan that `plan --out` wrote, exactly or not at all
    ///
    /// The secrets are read and verified again. A plan whose nodes or branches have moved since it was made is refused (exit code 4), as is
    /// one for another environment or of another version.
    Apply(Apply),
    /// Find the way back to what the nodes held before an earlier run, or list what can be restored
    ///
    /// Shows what differs between the snapshot and what runs now, and writes it like any other deploy. Secrets are left alone: their
    /// former values cannot be read from a node.
    Restore(Restore),
    /// Verify the configuration without reading from or writing to any node
    ///
    /// Reads the configuration, splits and connects it, and checks every $ENV(name) against the variables files. Opens no connection
    /// unless --resolve or the source asks for one.
    Check(Check),
    /// Write what each node would hold into a folder, or into zip archives
    Render(Render),
    /// Send a test message to every notifier of the settings
    ///
    /// Shows that credentials, channels and addresses are right before there is something to tell. Tells of each notifier whether the
    /// message was delivered; one that fails ends the command with exit code 1.
    Notify(Notify),
    /// Run a Sesam node on this machine, for trying things out and for tests
    #[cfg(feature = "embedded-node")]
    Node(NodeArguments),
    /// Write the beginning of a settings file
    ///
    /// From the environment variables of the original deployer where NODE_FOLDER or MASTER_NODE is set: the file says the same, with
    /// references to the variables that hold credentials. Otherwise from what lies in the folder: entities, variables files,
    /// whitelists, extra nodes. What is left to be filled in is marked. The file is `deployer.toml`, or what --settings names.
    ///
    /// With --templates KIND it writes templates to start from for one extra node: how its data gets to the master and back.
    Init(Init),
    /// Print the settings that hold, and where each comes from
    ///
    /// What holds for the environment, as a settings file that says the same; behind each value stands the option, the environment
    /// variable or the line of the file that it comes from. Credentials are shown as references, and none is looked for.
    Settings(Settings),
    /// List the plugins of this program and those it was built without, or explain one
    ///
    /// `plugins show vault` tells every setting of a plugin with its type, its default and what it means.
    Plugins(Plugins),
    /// Tell what this program was built from: version, commit, features, target and compiler
    Version,
    /// Print a completion script for a shell
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// `deploy`
#[derive(Debug, Clone, Default, Args)]
pub struct Deploy {
    /// Do everything but the writing.
    #[arg(long)]
    pub dry_run: bool,
    /// Consent to a plan that removes much, such as all pipes of a node, or a system and the secrets that were set on it.
    #[arg(long)]
    pub yes: bool,
    /// Let a plan remove at most N entities from each node without consent, in place of the built-in limits.
    #[arg(long, value_name = "N")]
    pub max_deletions: Option<usize>,
    /// Where a node refuses a configuration, show its objections and upload it with force all the same.
    #[arg(long)]
    pub force: bool,
    /// The first lines of git commits; {environment}, {node}, {revision} and {link} are filled in.
    #[arg(long, value_name = "TEXT")]
    pub message: Option<String>,
    /// The folder for what runs keep on this machine: what the nodes held before, for `restore`, and a lock for each target. Without
    /// it $SESAM_DEPLOYER_STATE, `state` of the settings file, $XDG_STATE_HOME/sesam-deployer or ~/.local/state/sesam-deployer.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Do not keep what the nodes hold before they are changed.
    #[arg(long)]
    pub no_snapshot: bool,
    /// Send all secrets, also those that are known to be the same by their fingerprints.
    #[arg(long)]
    pub resend_secrets: bool,
    /// End with exit code 1 when a notifier fails. Otherwise that is a warning.
    #[arg(long)]
    pub strict: bool,
}

/// `apply`
#[derive(Debug, Clone, Args)]
pub struct Apply {
    /// The plan.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// As for a deploy.
    #[command(flatten)]
    pub deploy: Deploy,
}

/// `restore`
#[derive(Debug, Clone, Args)]
pub struct Restore {
    /// The snapshot; without it, those in the state folder are listed, the newest first.
    #[arg(value_name = "SNAPSHOT")]
    pub file: Option<PathBuf>,
    /// As for a deploy.
    #[command(flatten)]
    pub deploy: Deploy,
}

/// `notify`
#[derive(Debug, Clone, Args)]
pub struct Notify {
    /// Send a test message; there is nothing else that can be sent without a run.
    #[arg(long, required = true)]
    pub test: bool,
}

/// `settings`
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Print the JSON schema of the settings file, with the plugins of this program, for editors.
    #[arg(long)]
    pub schema: bool,
}

/// `plugins`
#[derive(Debug, Clone, Args)]
pub struct Plugins {
    /// What to do; without it they are listed.
    #[command(subcommand)]
    pub command: Option<PluginsCommand>,
}

/// What `plugins` can do besides listing.
#[derive(Debug, Clone, Subcommand)]
pub enum PluginsCommand {
    /// Explain a plugin: what it is for, and each of its settings
    Show {
        /// Its `kind`, such as `vault`, or the family and the kind, such as `store-vault`.
        #[arg(value_name = "KIND")]
        kind: String,
    },
}

/// `plan`
#[derive(Debug, Clone, Args)]
pub struct Plan {
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Also write the plan to a file, for `apply`.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Also write it as Markdown to a file, or why there is no plan.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// End with exit code 2 when there are changes.
    #[arg(long)]
    pub exit_code: bool,
    /// The folder for what runs keep on this machine, as for `deploy`; here it is only read.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

/// How a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// An overview and the diffs, for a terminal.
    Text,
    /// One JSON document.
    Json,
    /// For a comment on a pull request: folded, and cut where it gets too long.
    Markdown,
    /// The diffs alone, as other tools read them.
    Unified,
}

/// `init`
#[derive(Debug, Clone, Args)]
pub struct Init {
    /// Replace a file that is there.
    #[arg(long)]
    pub force: bool,
    /// Write a template folder for the extra node that --node names, to `extra_nodes/<node>`, in place of a settings file.
    #[arg(long, value_enum, value_name = "KIND")]
    pub templates: Option<TemplateFolder>,
}

/// `check`
#[derive(Debug, Clone, Args)]
pub struct Check {
    /// Also find every secret in its store. No value is shown.
    #[arg(long)]
    pub resolve: bool,
}

/// `render`
#[derive(Debug, Clone, Args)]
pub struct Render {
    /// The folder to write to, one folder a node below it. It must be empty or absent.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Write one zip archive a node, in place of a folder. Needs the plugin target-folder.
    #[arg(long)]
    pub zip: bool,
}

/// `node`
#[cfg(feature = "embedded-node")]
#[derive(Debug, Clone, Args)]
pub struct NodeArguments {
    /// The port on the loopback interface; 0 takes a free one.
    #[arg(long, default_value_t = 9042)]
    pub port: u16,
    /// How many looks find a changed pipe still deploying, as on a clustered node.
    #[arg(long, default_value_t = 0, value_name = "LOOKS")]
    pub deploying: u32,
    /// Keep the node's state in this folder; without it the state lives as long as the process.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The environment variable that holds the token (JWT) that callers must send.
    #[arg(long, value_name = "NAME", default_value = "JWT")]
    pub jwt: String,
}

/// The whole command line, for completions and generated pages.
pub fn command() -> clap::Command {
    Cli::command()
}

fn examples() -> String {
    let mut text = String::from(
        "Examples:\n  \
         sesam-deployer init                         begin a settings file\n  \
         sesam-deployer check                        is the configuration complete?\n  \
         sesam-deployer settings                     what are the settings, and where do they come from?\n  \
         sesam-deployer plan                         what would change?\n  \
         sesam-deployer plan --format markdown       the same, for a pull request\n  \
         sesam-deployer deploy --dry-run             all of a deploy but the writing\n  \
         sesam-deployer deploy --environment prod    write it\n  \
         sesam-deployer plugins show vault           what can be set?\n\nExit codes:\n",
    );
    for (exit, meaning) in Exit::TABLE {
        text.push_str(&format!("  {:<4} {meaning}\n", exit.code()));
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_sound() {
        super::command().debug_assert();
    }
}
