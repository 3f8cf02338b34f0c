//! The command line.

mod daily;
mod deploy;
mod graph;
mod lock;
mod test;
#[cfg(feature = "watch")]
mod watch;

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};
use tracing::level_filters::LevelFilter;

pub use self::daily::{Dump, Explain, Logs, Pipes, Status};
pub use self::deploy::{Apply, Approved, Deploy, Plan, Restore, Shown};
pub use self::graph::{Graph, GraphFormat, Group};
pub use self::lock::{Lock, LockCommand};
pub use self::test::{Outputs, Part, Run, Test, Update};
#[cfg(feature = "watch")]
pub use self::watch::{Approve, Watch};
pub use crate::choices::{Colour, Format, LogFormat};
use crate::exit::Exit;
use crate::gallery::TemplateFolder;

/// Deploys Sesam configuration: verifies it, splits it into nodes, connects them, shows what changes, and writes it.
///
/// Settings come from a file (`--settings`, or `deployer.toml` in the current folder or above it in the repository, or the one that the
/// program was built with), or from the environment variables of the original deployer (NODE_FOLDER, ENVIRONMENT, MASTER_NODE,
/// EXTRA_NODES, VAULT_URL, …). With these variables and no settings file, the program runs `deploy` if no command is given.
#[derive(Debug, Parser)]
#[command(name = "sesam-deployer", bin_name = "sesam-deployer", version = crate::version::LINE, max_term_width = 110, after_long_help = examples())]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options of every command.
    #[command(flatten)]
    pub global: Global,
}

/// The options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Settings file [default: deployer.toml here or above, up to the root of the repository; then environment variables].
    #[arg(long, global = true, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// Ignore a deployer.toml that is found; use the original's environment variables.
    #[arg(long, global = true, conflicts_with = "settings")]
    pub no_settings_file: bool,
    /// Folder to read the configuration from, instead of the source in the settings.
    #[arg(long, global = true, value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// Environment, such as `test` or `prod`.
    #[arg(long, global = true, value_name = "NAME")]
    pub environment: Option<String>,
    /// Limit the run to one node. The other nodes are verified, but neither read nor written.
    #[arg(long, global = true, value_name = "NAME")]
    pub node: Option<String>,
    /// Print one JSON document on standard output.
    #[arg(long, global = true)]
    pub json: bool,
    /// Print only results and errors.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Log more (-v: info, -vv: debug, -vvv: trace) and list every warning.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Log level on standard error: off, error, warn, info, debug or trace [default: warn].
    #[arg(long, global = true, value_name = "LEVEL", conflicts_with_all = ["quiet", "verbose"])]
    pub log_level: Option<LevelFilter>,
    /// Format of the log and of text for people [default: the detected CI system, then text].
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Run no command that the settings name for a credential.
    #[arg(long, global = true)]
    pub no_commands: bool,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub color: Colour,
}

impl Global {
    /// The log level of the command line, with the option that sets it.
    pub(crate) fn level(&self) -> Option<(LevelFilter, &'static str)> {
        match (self.log_level, self.quiet, self.verbose) {
            (Some(level), ..) => Some((level, "--log-level")),
            (None, true, _) => Some((LevelFilter::ERROR, "--quiet")),
            (None, false, 0) => None,
            (None, false, 1) => Some((LevelFilter::INFO, "--verbose")),
            (None, false, 2) => Some((LevelFilter::DEBUG, "--verbose")),
            (None, false, _) => Some((LevelFilter::TRACE, "--verbose")),
        }
    }
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Verify everything, show the changes, and write them
    ///
    /// Verifies every node, variable, secret, template and target before the first write. On a terminal, asks before it writes.
    /// If a run fails, the receipt lists every step that was written and every step that was not. The next run repairs it.
    Deploy(Deploy),
    /// Show the changes that a deploy would make, and write nothing
    Plan(Plan),
    /// Show every entity, variable and secret that a node does not have as a deploy would write it
    ///
    /// One row per difference, one column per node: differs, missing, extra, on the wrong node, or a replica that differs from its
    /// template. Shows which side changed since the last deploy from this state folder. Writes nothing. With --diff, reads the secrets to
    /// mask their values.
    Status(Status),
    /// Show where an entity comes from, what it reads, who reads it, and what the nodes have
    Explain(Explain),
    /// Write what the nodes have to a new folder, or into the files of the configuration
    Dump(Dump),
    /// Show the state, the queue and the last run of every pipe of the nodes
    Pipes(Pipes),
    /// Show the execution logs of pipes
    Logs(Logs),
    /// Keep the nodes as the configuration says
    ///
    /// Checks the source every `watch.interval` seconds, deploys each new revision, and compares the nodes. A plan that needs consent is held until
    /// `approve`. Serves a status page. SIGHUP reads the settings again.
    #[cfg(feature = "watch")]
    Watch(Watch),
    /// Approve the plan that a watching process holds
    #[cfg(feature = "watch")]
    Approve(Approve),
    /// Test the output of pipes against expected files, on a node for tests
    ///
    /// Uploads the whole configuration to one node in developer mode, posts the testdata, runs all pipes, and compares the output of each tested
    /// pipe with the file that its spec names (`expected/*.test.json`), as Sesam's command-line tool does. Takes a snapshot of the node
    /// first. Uses the environment `ci` if the settings file defines it and no other is chosen. Exit code 2 if an output is not as expected.
    Test(Test),
    /// Run all pipes of a node for tests to their end
    Run(Run),
    /// Compare the output of pipes with expected files, and write nothing
    Verify(Outputs),
    /// Write the output of pipes as the expected files
    ///
    /// Writes only what changes, and a spec for each tested pipe that has none.
    Update(Update),
    /// Apply a saved plan exactly as reviewed
    ///
    /// Reads and verifies the secrets again. Refuses (exit code 4) a plan if its nodes or branches have changed since, if it is for
    /// another environment, or if it has another version.
    Apply(Apply),
    /// Restore nodes from a snapshot, or list snapshots
    ///
    /// Shows the differences between the snapshot and the nodes, and writes them like any other deploy. Secrets stay as they are,
    /// because nodes never return their values.
    Restore(Restore),
    /// List which runs deploy to the nodes now
    ///
    /// One row per target: who has its lock, for which command, since when, and the epoch of its lease. `lock break` takes a lease away from
    /// a run that has ended.
    Lock(Lock),
    /// Verify the configuration without any node
    ///
    /// Reads the configuration, splits and connects it, and checks every $ENV(name) against the variables files. Opens no connection
    /// unless `--resolve` is given or the source needs one.
    Check(Check),
    /// Draw the data that crosses between the nodes
    ///
    /// Shows every pipe whose data crosses, the replicas that carry it, the pipes that read it, and the node that opens the connection.
    /// Needs no node and no credentials. With `--node NAME`, draws what crosses between that node and the master.
    Graph(Graph),
    /// Write the configuration of each node to a folder or to zip archives
    Render(Render),
    /// Send a test message to every notifier
    ///
    /// Shows for each notifier whether the message was delivered. If one fails, the exit code is 1.
    Notify(Notify),
    /// Run a Sesam node on this machine, for experiments and tests
    #[cfg(feature = "embedded-node")]
    Node(NodeArguments),
    /// Create a settings file
    ///
    /// If NODE_FOLDER or MASTER_NODE is set, converts the environment variables of the original deployer, with references to the
    /// variables that contain credentials. Otherwise describes the entities, variables files, whitelists and extra nodes of the folder,
    /// and marks every value that you must fill in. Writes `deployer.toml`, or the file of `--settings`.
    ///
    /// With `--templates KIND`, writes templates to start from for one extra node: how its data gets to the master and back.
    Init(Init),
    /// Show the effective settings and where each is set
    ///
    /// Prints the settings of the environment as a settings file. A comment after each value names the option, the environment
    /// variable or the line of the file that sets it. Credentials are shown as references and are not resolved.
    Settings(Settings),
    /// List plugins, or describe one
    ///
    /// `plugins show vault` lists every setting of a plugin with its type, default and meaning.
    Plugins(Plugins),
    /// Show version and build information
    Version,
    /// Write the man pages into a folder, for those who pack the program
    #[command(hide = true)]
    Man {
        /// The folder. It is made if it does not exist.
        folder: PathBuf,
    },
    /// Print a completion script for a shell
    ///
    /// The script completes the environments and nodes of the settings file in the current folder, and the kinds of plugins.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// `notify`
#[derive(Debug, Clone, Args)]
pub struct Notify {
    /// Send a test message. Required.
    #[arg(long, required = true)]
    pub test: bool,
}

/// `settings`
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Print the JSON schema of the settings file with the plugins of this program, for editors.
    #[arg(long)]
    pub schema: bool,
    /// List every key of the settings file with its type, default and meaning. `plugins show KIND` lists those of a plugin.
    #[arg(long, conflicts_with = "schema")]
    pub keys: bool,
}

/// `plugins`
#[derive(Debug, Clone, Args)]
pub struct Plugins {
    /// Without a command, plugins are listed.
    #[command(subcommand)]
    pub command: Option<PluginsCommand>,
}

/// The commands of `plugins`.
#[derive(Debug, Clone, Subcommand)]
pub enum PluginsCommand {
    /// Describe a plugin and its settings
    Show {
        /// The `kind`, such as `vault`, or the family and the kind, such as `store-vault`.
        #[arg(value_name = "KIND")]
        kind: String,
    },
}

/// `init`
#[derive(Debug, Clone, Args)]
pub struct Init {
    /// Replace an existing file.
    #[arg(long)]
    pub force: bool,
    /// Write a template folder for the extra node that --node names, to `extra_nodes/<node>`, in place of a settings file.
    #[arg(long, value_enum, value_name = "KIND")]
    pub templates: Option<TemplateFolder>,
}

/// `check`
#[derive(Debug, Clone, Args)]
pub struct Check {
    /// Also look up every secret in its store. No value is shown.
    #[arg(long)]
    pub resolve: bool,
}

/// `render`
#[derive(Debug, Clone, Args)]
pub struct Render {
    /// Output folder, with one subfolder per node. Must be empty or not exist.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Write one zip archive per node instead of a folder. Needs the plugin target-folder.
    #[arg(long)]
    pub zip: bool,
}

/// `node`
#[cfg(feature = "embedded-node")]
#[derive(Debug, Clone, Args)]
pub struct NodeArguments {
    /// Port on the loopback interface; 0 selects a free one.
    #[arg(long, default_value_t = 9042)]
    pub port: u16,
    /// Number of status checks that report a changed pipe as deploying.
    #[arg(long, default_value_t = 0, value_name = "CHECKS")]
    pub deploying: u32,
    /// Folder for the state of the node [default: in memory].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Folder with canned answers for pipes that the node cannot run.
    #[arg(long, value_name = "DIR")]
    pub answers: Option<PathBuf>,
    /// Environment variable with the token (JWT) that callers must send.
    #[arg(long, value_name = "NAME", default_value = "JWT")]
    pub jwt: String,
}

/// The command line, for completions and generated pages.
pub fn command() -> clap::Command {
    Cli::command()
}

fn examples() -> String {
    let mut text = String::from(
        "Examples:\n  \
         sesam-deployer init                         create a settings file\n  \
         sesam-deployer check                        verify the configuration\n  \
         sesam-deployer graph --out nodes.html       draw the data that crosses between the nodes\n  \
         sesam-deployer settings                     show the effective settings\n  \
         sesam-deployer plan                         show the changes\n  \
         sesam-deployer plan --format markdown       show the changes, for a pull request\n  \
         sesam-deployer plan --out plan.json         save the plan for `apply plan.json`\n  \
         sesam-deployer deploy --environment prod    deploy\n  \
         sesam-deployer restore --last               restore the newest snapshot\n  \
         sesam-deployer plugins show vault           list the settings of a plugin\n\nExit codes:\n",
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
