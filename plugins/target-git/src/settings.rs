//! The plugin's part of the settings.

use std::path::PathBuf;

use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Result};
use deployer_git::{Remote, RemoteSettings};
use deployer_http::HttpSettings;
use schemars::JsonSchema;
use serde::Deserialize;

/// `[nodes.<name>]` with `kind = "git"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The repository: HTTPS (also without a scheme), SSH, `file://` or a path.
    pub(crate) url: String,
    /// The branch [default: the branch of the repository's HEAD].
    #[serde(default)]
    pub(crate) branch: Option<String>,
    /// HTTPS: the user name for the token; most hosts accept any [default: x-access-token].
    #[serde(default)]
    pub(crate) username: Option<String>,
    /// HTTPS: the token.
    #[serde(default)]
    pub(crate) token: Option<Credential>,
    /// SSH: a private key without a passphrase [default: the user's agent and keys].
    #[serde(default)]
    pub(crate) ssh_key: Option<Credential>,
    /// SSH: the file of known host keys [default: the user's own].
    #[serde(default)]
    pub(crate) known_hosts: Option<PathBuf>,
    /// The folder to replace [default: node].
    #[serde(default = "node_folder")]
    pub(crate) folder: String,
    /// The message of commits.
    #[serde(default)]
    pub(crate) message: Option<String>,
    /// The author of commits, as `Name <address>`.
    #[serde(default)]
    pub(crate) author: Option<String>,
    /// Let the first deploy create a branch that does not exist.
    #[serde(default)]
    pub(crate) create_branch: bool,
    /// Certificates, time limits, and unencrypted HTTP to other machines.
    #[serde(default)]
    pub(crate) http: HttpSettings,
}

fn node_folder() -> String {
    "node".to_owned()
}

impl Settings {
    /// The repository. Opens no connection.
    ///
    /// # Errors
    /// As [`RemoteSettings::remote`].
    pub(crate) fn remote(self, context: &Context) -> Result<Remote> {
        let Self { url, username, token, ssh_key, known_hosts, http, .. } = self;
        let accept_new_host_keys = false;
        RemoteSettings { url, username, token, ssh_key, known_hosts, accept_new_host_keys, http }
            .remote(context)
    }

    /// The folder, without the `/` at its end.
    ///
    /// # Errors
    /// `Settings` for the root of the repository, whose other files must stay, and for a path that leads out of it.
    pub(crate) fn folder(&self) -> Result<String> {
        let folder = self.folder.trim_end_matches('/');
        let part_is_good =
            |part: &str| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git");
        if folder.split('/').all(part_is_good) && !folder.contains('\\') {
            return Ok(folder.to_owned());
        }
        Err(Error::new(Kind::Settings, format!("`folder` cannot be {:?}", self.folder))
            .with_hint("name a folder inside the repository, such as `node`; everything in it is replaced"))
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;
    use deployer_core::plugin::{Build, Section};

    use super::*;

    fn build(text: &str) -> Result<String> {
        let Build::Target(build) = crate::GIT.build else { panic!("it is a target") };
        let source = SourceText::new("deployer.toml", text);
        let mut context = Context::new("test");
        context.variables = [("NODE_EXTRA_GIT_TOKEN", "hunter2hunter2")].into_iter().collect();
        let target = build(Section::parse("nodes.extra", &source)?, &context)?;
        assert!(!format!("{target:?}").contains("hunter2"), "{target:?}");
        Ok(target.location())
    }

    #[test]
    fn the_example_builds() {
        assert_eq!(
            build(crate::GIT.example).expect("it is good"),
            "https://github.com/acme/node-extra, branch main"
        );
    }

    #[test]
    fn a_typo_is_refused_with_its_line_and_the_accepted_keys() {
        let error = build(&crate::GIT.example.replace("branch", "brunch")).expect_err("a typo");
        assert_eq!(error.kind(), Kind::Settings);
        assert_eq!(error.places()[0].line, 2);
        assert!(error.message().contains("brunch") && error.message().contains("`create_branch`"), "{error}");
    }

    #[test]
    fn what_cannot_work_is_refused_before_anything_runs() {
        for (setting, part) in [
            ("folder = \"/\"", "`folder`"),
            ("folder = \"a/../..\"", "`folder`"),
            ("message = \"{nod}\"", "{nod}"),
            ("author = \"me\"", "`author`"),
            ("branch = \"a b\"", "\"a b\""),
            ("ssh_key = { env = \"NODE_EXTRA_GIT_TOKEN\" }", "`ssh_key`"),
            ("token = \"hunter2hunter2\"", "the settings must not contain a credential"),
            ("token = { env = \"ABSENT\" }", "ABSENT"),
            ("http = { ca_file = \"absent.pem\" }", "absent.pem"),
        ] {
            let error = build(&format!("url = \"host/a\"\n{setting}\n")).expect_err(setting);
            let shown = format!("{error:?}");
            assert!(error.kind() == Kind::Settings && shown.contains(part), "{setting}: {shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
