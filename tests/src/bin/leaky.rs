//! The program with a plugin that leaks on purpose, to see that the world's runner turns red.
#![expect(clippy::print_stderr, reason = "this is how it leaks")]

use std::io::Write;
use std::sync::Arc;

use deployer_core::model::Report;
use deployer_core::plugin::{Build, Credential, Plugin, SettingsType};
use deployer_core::traits::Notifier;
use deployer_core::{Result, SecretValue};

/// `kind = "leaky"`: tells its own credential to whoever reads along.
const LEAKY: Plugin = Plugin::new(
    "leaky",
    deployer_core::origin!(),
    SettingsType::of::<Settings>(),
    Build::Notifier(|section, context| {
        let settings: Settings = section.read()?;
        Ok(Arc::new(Leaky { token: settings.token.resolve(context)?, way: settings.way }))
    }),
)
.with_about("Leaks its credential")
.with_example("token = { env = \"LEAKY_TOKEN\" }\nway = \"plain\"\n");

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    token: Credential,
    way: Way,
}

/// How it leaks.
#[derive(Debug, Clone, Copy, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Way {
    /// It does not.
    Not,
    /// As it is.
    Plain,
    /// As Rust's `Debug` escapes it.
    Escaped,
    /// As bytes in hexadecimal, in a file.
    File,
}

#[derive(Debug)]
struct Leaky {
    token: SecretValue,
    way: Way,
}

#[async_trait::async_trait]
impl Notifier for Leaky {
    fn location(&self) -> String {
        "a leak".to_owned()
    }

    #[expect(clippy::disallowed_methods, reason = "this is what must not go unseen")]
    async fn deliver(&self, _: &Report) -> Result<()> {
        let token = self.token.expose();
        match self.way {
            Way::Not => {}
            Way::Plain => eprintln!("{token}"),
            Way::Escaped => eprintln!("{token:?}"),
            Way::File => {
                let mut file = std::fs::File::create("leak.txt").expect("the world's folder is writable");
                for byte in token.as_bytes() {
                    write!(file, "{byte:02x}").expect("the file is writable");
                }
            }
        }
        Ok(())
    }

    async fn test(&self) -> Result<()> {
        Ok(())
    }
}

fn main() -> std::process::ExitCode {
    sesam_deployer::Program::default().with(&LEAKY).run()
}
