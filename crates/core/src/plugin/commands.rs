//! Commands that credentials come from. The program says how they are run; here each is run once.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::{Error, Kind, Result};
use crate::secret::SecretValue;

/// Runs a command and tells what it wrote.
pub trait RunCommand: Send + Sync + fmt::Debug {
    /// Runs a program with arguments and waits for its end. `folder` is where relative paths start, the program's own among them. The
    /// result is its standard output, blanks at both ends dropped.
    ///
    /// # Errors
    /// `Settings` when the command cannot be started, fails, takes too long, or writes nothing or too much; `Interrupted` when the run
    /// ends first. The text holds nothing of what the command wrote.
    fn run(&self, command: &[String], folder: &Path) -> Result<SecretValue>;
}

/// The commands of a run. Each is run once, whatever came of it; clones share what they know.
#[derive(Clone, Default)]
pub struct Commands(Option<Arc<Shared>>);

struct Shared {
    runner: Box<dyn RunCommand>,
    outputs: Mutex<BTreeMap<Vec<String>, Arc<Output>>>,
}

/// What came of a command that was run.
type Output = OnceLock<Result<SecretValue>>;

impl Commands {
    /// Commands that are run in this way.
    pub fn new(runner: impl RunCommand + 'static) -> Self {
        Self(Some(Arc::new(Shared { runner: Box::new(runner), outputs: Mutex::default() })))
    }

    /// What a command writes.
    ///
    /// # Errors
    /// As [`RunCommand::run`]; `Settings` where no command can be run.
    pub(super) fn output(&self, command: &[String], folder: &Path) -> Result<SecretValue> {
        let Some(shared) = &self.0 else {
            return Err(Error::new(Kind::Settings, "this program runs no commands")
                .with_hint("give the credential as { env = \"NAME\" } or { file = \"path\" }"));
        };
        let output = {
            let mut outputs = shared.outputs.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(outputs.entry(command.to_vec()).or_default())
        };
        output.get_or_init(|| shared.runner.run(command, folder)).clone()
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
    use crate::plugin::{Context, Credential};

    /// Counts its runs; `fail` fails.
    #[derive(Debug, Default, Clone)]
    struct Counting(Arc<AtomicUsize>);

    impl RunCommand for Counting {
        fn run(&self, command: &[String], folder: &Path) -> Result<SecretValue> {
            self.0.fetch_add(1, Ordering::Relaxed);
            match command[0].as_str() {
                "fail" => Err(Error::new(Kind::Settings, "the command fail ended with 1")),
                program => Ok(SecretValue::new(format!("{program} in {}", folder.display()))),
            }
        }
    }

    fn credential(program: &str) -> Credential {
        Credential::Command(vec![program.to_owned(), "argument".to_owned()])
    }

    #[test]
    fn each_command_is_run_once_whatever_came_of_it() {
        let counting = Counting::default();
        let context = Context {
            commands: Commands::new(counting.clone()),
            folder: "conf".into(),
            ..Context::new("test")
        };
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
    fn where_no_command_can_be_run_other_references_are_named() {
        let error = credential("pass").resolve(&Context::new("test")).unwrap_err();
        assert!(format!("{error:?}").contains("{ env = \"NAME\" }"), "{error:?}");
    }
}
