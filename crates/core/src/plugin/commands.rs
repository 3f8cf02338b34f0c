//! Commands that credentials come from. The program says how they are run; here each is run once.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::ProcessVariables;
use crate::error::{Error, Kind, Result};
use crate::secret::SecretValue;

/// Runs a command and returns its output.
pub trait RunCommand: Send + Sync + fmt::Debug {
    /// Runs a program with arguments and waits for its end. `variables` are all environment variables that it gets. Relative paths
    /// start at `folder`, that of the program too. The result is its standard output, blanks at both ends dropped.
    ///
    /// # Errors
    /// `Settings` if the command cannot be started, fails, takes too long, or writes nothing or too much; `Interrupted` if the run
    /// ends first. The text holds nothing that the command wrote.
    fn run(&self, command: &[String], variables: &[(&str, &str)], folder: &Path) -> Result<SecretValue>;
}

/// The commands of a run. Each runs once, whether it succeeds or fails; clones share the outputs.
#[derive(Clone, Default)]
pub struct Commands(Option<Arc<Shared>>, Option<&'static str>);

struct Shared {
    runner: Box<dyn RunCommand>,
    outputs: Mutex<BTreeMap<Vec<String>, Arc<Output>>>,
}

/// The outcome of a command that ran.
type Output = OnceLock<Result<SecretValue>>;

/// The environment variables that every command gets if they are set: none of them holds a credential.
const OF_THE_SYSTEM: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "TERM",
    "GNUPGHOME",
    "DBUS_SESSION_BUS_ADDRESS",
    "SYSTEMROOT",
    "SystemRoot",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NO_PROXY",
    "no_proxy",
];

/// Groups of such variables, by the beginning of their names.
const GROUPS_OF_THE_SYSTEM: [&str; 2] = ["LC_", "XDG_"];

impl Commands {
    /// Commands that run in this way.
    pub fn new(runner: impl RunCommand + 'static) -> Self {
        Self(Some(Arc::new(Shared { runner: Box::new(runner), outputs: Mutex::default() })), None)
    }

    /// No command runs. `by` names the option or key that forbids them.
    pub fn forbidden(by: &'static str) -> Self {
        Self(None, Some(by))
    }

    /// Checks that a command may run.
    ///
    /// # Errors
    /// `Settings` if commands are forbidden.
    pub(super) fn allow(&self, command: &[String]) -> Result<()> {
        self.shared(command).map(drop)
    }

    fn shared(&self, command: &[String]) -> Result<&Shared> {
        if let Some(shared) = &self.0 {
            return Ok(shared);
        }
        let by = self.1.unwrap_or("this program runs no commands");
        Err(Error::new(Kind::Settings, format!("the command {} is not allowed", command.join(" ")))
            .with_cause(by)
            .with_hint("give the credential as { env = \"NAME\" } or { file = \"path\" }"))
    }

    /// What a command writes.
    ///
    /// # Errors
    /// As [`RunCommand::run`]; `Settings` if commands are forbidden.
    pub(super) fn output(
        &self,
        command: &[String],
        named: &[String],
        variables: &ProcessVariables,
        folder: &Path,
    ) -> Result<SecretValue> {
        let shared = self.shared(command)?;
        let output = {
            let mut outputs = shared.outputs.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(outputs.entry([command, &["\0".to_owned()], named].concat()).or_default())
        };
        let passes = |name: &&str| {
            OF_THE_SYSTEM.contains(name)
                || GROUPS_OF_THE_SYSTEM.iter().any(|start| name.starts_with(start))
                || named.iter().any(|wanted| wanted == name)
        };
        let names = variables.names().filter(passes);
        let variables: Vec<(&str, &str)> =
            names.filter_map(|name| Some((name, variables.get(name)?))).collect();
        output.get_or_init(|| shared.runner.run(command, &variables, folder)).clone()
    }
}

impl fmt::Debug for Commands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Commands").field(&self.0.as_ref().map(|shared| &shared.runner)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::plugin::Context;
    use crate::plugin::Credential;

    /// Counts its runs; `fail` fails.
    #[derive(Debug, Default, Clone)]
    struct Counting(Arc<AtomicUsize>, Arc<Mutex<String>>);

    impl RunCommand for Counting {
        fn run(&self, command: &[String], variables: &[(&str, &str)], folder: &Path) -> Result<SecretValue> {
            let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
            assert!(!names.contains(&"MASTER_NODE"), "{names:?}");
            *self.1.lock().unwrap() = names.join(" ");
            self.0.fetch_add(1, Ordering::Relaxed);
            match command[0].as_str() {
                "fail" => Err(Error::new(Kind::Settings, "the command fail ended with 1")),
                program => Ok(SecretValue::new(format!("{program} in {}", folder.display()))),
            }
        }
    }

    fn credential(program: &str) -> Credential {
        let words = vec![program.to_owned(), "argument".to_owned()];
        Credential::Command { words, variables: vec!["PASS_KEY".to_owned()] }
    }

    #[test]
    fn each_command_is_run_once_whatever_came_of_it() {
        let counting = Counting::default();
        let context =
            Context::new("test").with_commands(Commands::new(counting.clone())).with_folder("conf".into());
        let other = context.clone();
        for context in [&context, &other, &context] {
            let value = credential("pass-me-this").resolve(context).unwrap();
            assert_eq!(value, SecretValue::new("pass-me-this in conf"));
            assert!(credential("fail").resolve(context).is_err());
        }
        assert_eq!(counting.0.load(Ordering::Relaxed), 2);
        let (masked, found) = context.redactor.mask("it is pass-me-this in conf");
        assert_eq!(
            (masked.as_str(), found),
            ("it is [secret]", vec!["command pass-me-this argument".to_owned()])
        );
    }

    #[test]
    fn a_command_gets_the_systems_variables_and_those_it_names() {
        let counting = Counting::default();
        let variables = [("PATH", "/bin"), ("LC_ALL", "C"), ("MASTER_NODE", "canary"), ("PASS_KEY", "x")];
        let context = Context::new("test")
            .with_commands(Commands::new(counting.clone()))
            .with_variables(variables.into_iter().collect());
        credential("pass").resolve(&context).unwrap();
        assert_eq!(*counting.1.lock().unwrap(), "LC_ALL PASS_KEY PATH");
    }

    #[test]
    fn forbidden_commands_name_what_forbids_them() {
        let context = Context::new("test").with_commands(Commands::forbidden("--no-commands"));
        for error in [
            credential("pass").resolve(&context).unwrap_err(),
            credential("pass").check(&context).unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.cause()), (Kind::Settings, Some("--no-commands")));
        }
    }

    #[test]
    fn where_no_command_can_be_run_other_references_are_named() {
        let error = credential("pass").resolve(&Context::new("test")).unwrap_err();
        assert!(format!("{error:?}").contains("{ env = \"NAME\" }"), "{error:?}");
    }
}
