//! The settings of the plugin.

use std::path::PathBuf;

use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Result};
use deployer_git::{BranchName, Committish, Remote, RemoteSettings, TagName};
use deployer_http::HttpSettings;
use schemars::JsonSchema;
use serde::Deserialize;

/// `[source]` with `kind = "git"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The repository: HTTPS (also without a scheme), SSH, `file://` or a path.
    pub(crate) url: String,
    /// The branch [default: the branch of the repository's HEAD].
    #[serde(default)]
    pub(crate) branch: Option<String>,
    /// A branch, or a tag if there is no such branch.
    #[serde(default)]
    pub(crate) reference: Option<String>,
    /// A tag.
    #[serde(default)]
    pub(crate) tag: Option<String>,
    /// The full id of a commit.
    #[serde(default)]
    pub(crate) commit: Option<String>,
    /// The root of the configuration inside the repository [default: the root of the repository].
    #[serde(default)]
    pub(crate) folder: String,
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
    /// SSH: whether the key of a host that no file of host keys names is accepted and added; a changed key is always refused.
    #[serde(default)]
    pub(crate) accept_new_host_keys: bool,
    /// Certificates, time limits, and unencrypted HTTP to other machines.
    #[serde(default)]
    pub(crate) http: HttpSettings,
}

impl Settings {
    /// The repository. Opens no connection.
    ///
    /// # Errors
    /// As [`RemoteSettings::remote`].
    pub(crate) fn remote(self, context: &Context) -> Result<Remote> {
        let Self { url, username, token, ssh_key, known_hosts, accept_new_host_keys, http, .. } = self;
        RemoteSettings { url, username, token, ssh_key, known_hosts, accept_new_host_keys, http }
            .remote(context)
    }

    /// The name of the commit to read.
    ///
    /// # Errors
    /// `Settings` for names that git does not allow, and for more than one of them: `branch` can be set together with `commit`, to name the branch in
    /// which the commit is found.
    pub(crate) fn committish(&self) -> Result<Committish> {
        if let Some(name) = &self.reference {
            if self.branch.is_some() || self.tag.is_some() || self.commit.is_some() {
                let message = "`reference` is set together with `branch`, `tag` or `commit`";
                return Err(Error::new(Kind::Settings, message)
                    .with_hint("name the commit in one way: by `reference`, `branch`, `tag` or `commit`"));
            }
            return Committish::reference(name);
        }
        let branch = self.branch.as_deref().map(BranchName::new).transpose()?;
        match (branch, self.tag.as_deref(), self.commit.as_deref()) {
            (None, None, None) => Ok(Committish::Head),
            (Some(branch), None, None) => Ok(Committish::Branch(branch)),
            (None, Some(tag), None) => TagName::new(tag).map(Committish::Tag),
            (branch, None, Some(id)) => Committish::commit(id, branch),
            (_, Some(_), _) => {
                Err(Error::new(Kind::Settings, "`tag` is set together with `branch` or `commit`")
                    .with_hint("name the commit in one way: by `branch`, by `tag` or by `commit`"))
            }
        }
    }

    /// The folder as a path below the root of the repository; empty for the root.
    ///
    /// # Errors
    /// `Settings` for a path that leads out of the repository.
    pub(crate) fn folder(&self) -> Result<String> {
        let parts: Vec<&str> = self.folder.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.contains(&"..") || self.folder.contains('\\') {
            return Err(Error::new(Kind::Settings, format!("`folder` cannot be {:?}", self.folder))
                .with_hint("name a folder inside the repository, with `/` between its parts"));
        }
        Ok(parts.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;
    use deployer_core::plugin::{Build, Section};

    use super::*;

    fn build(text: &str) -> Result<String> {
        let Build::Source(build) = crate::GIT.build else { panic!("it is a source") };
        let source = SourceText::new("deployer.toml", text);
        let mut context = Context::new("test");
        context.variables = [("CONFIGURATION_GIT_TOKEN", "hunter2hunter2")].into_iter().collect();
        let source = build(Section::parse("source", &source)?, &context)?;
        assert!(!format!("{source:?}").contains("hunter2"), "{source:?}");
        Ok(source.location())
    }

    #[test]
    fn the_example_builds_and_a_typo_is_refused() {
        assert_eq!(
            build(crate::GIT.example).expect("it is good"),
            "https://github.com/acme/configuration, branch main"
        );
        let error = build(&crate::GIT.example.replace("branch", "brunch")).expect_err("a typo");
        assert_eq!((error.kind(), error.places()[0].line), (Kind::Settings, 2));
        assert!(error.message().contains("`commit`"), "{error:?}");
        assert_eq!(error.hints(), ["did you mean `branch`?"]);
    }

    #[test]
    fn the_location_says_what_is_read() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        for (settings, shown) in [
            ("", "https://host/a"),
            ("reference = 'v1'", "https://host/a, branch or tag v1"),
            ("folder = './sesam//x/'", "https://host/a, folder sesam/x"),
            ("tag = 'v1'", "https://host/a, tag v1"),
            (&format!("commit = '{id}'\nbranch = 'main'"), "https://host/a, commit 0123456789ab"),
        ] {
            assert_eq!(build(&format!("url = 'host/a'\n{settings}\n")).expect(settings), shown);
        }
    }

    #[test]
    fn what_cannot_work_is_refused_before_anything_runs() {
        for (setting, part) in [
            ("folder = 'a/../..'", "`folder`"),
            ("branch = 'a'\ntag = 'b'", "`tag` is set together"),
            ("reference = 'a'\ntag = 'b'", "`reference` is set together"),
            ("accept_new_host_keys = true", "`accept_new_host_keys` is not used"),
            ("commit = '0123abc'", "forty"),
            ("branch = 'a b'", "\"a b\""),
            ("tag = '..'", "name of a tag"),
            ("ssh_key = { env = 'CONFIGURATION_GIT_TOKEN' }", "`ssh_key`"),
            ("token = 'hunter2hunter2'", "the settings must not contain a credential"),
            ("token = { env = 'ABSENT' }", "ABSENT"),
        ] {
            let error = build(&format!("url = 'host/a'\n{setting}\n")).expect_err(setting);
            let shown = format!("{error:?}");
            assert!(error.kind() == Kind::Settings && shown.contains(part), "{setting}: {shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
