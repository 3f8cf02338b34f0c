//! What a conversation with a repository needs.

use std::path::PathBuf;
use std::time::Duration;

use deployer_core::Result;
use deployer_core::plugin::{Context, ProcessVariables, WriteAccess};
use deployer_http::{Client, HttpSettings, Trust};

use crate::access::Access;
use crate::session::SessionLimits;
use crate::url::RepositoryUrl;

/// Variables that `ssh` and `git` get: where programs, the user's keys and the agent are. They get no others, because other variables
/// can contain credentials.
const PASSED_ON: [&str; 9] = [
    "PATH",
    "HOME",
    "XDG_CONFIG_HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "SYSTEMROOT",
    "USERPROFILE",
];

/// Where programs are searched if the environment has no `PATH`.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Address, credentials and limits of every conversation with one repository.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) url: RepositoryUrl,
    pub(crate) access: Access,
    /// The client, if the repository is reached over HTTP.
    pub(crate) client: Option<Client>,
    /// Relative paths start here.
    pub(crate) folder: PathBuf,
    /// The environment of `ssh` and `git`.
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) connect_timeout: Duration,
    pub(crate) limits: SessionLimits,
}

impl Endpoint {
    /// An endpoint at an address. Opens no connection.
    ///
    /// # Errors
    /// As [`Remote::new`](crate::Remote::new).
    pub(crate) fn new(
        url: RepositoryUrl,
        access: Access,
        http: &HttpSettings,
        context: &Context,
    ) -> Result<Self> {
        access.check(&url)?;
        let client = match &url {
            RepositoryUrl::Http(_) => {
                let trust = Trust::from_context(context, http, &["GIT_SSL_CAINFO", "GIT_SSL_CAPATH"])?;
                // A fetch is a `POST` that writes nothing. A push checks the access by itself.
                let context = context.clone().with_writes(WriteAccess::default());
                Some(Client::with_trust(&context, trust, http)?.with_redirect_answers())
            }
            RepositoryUrl::Ssh(_) | RepositoryUrl::Local(_) => None,
        };
        let limits = SessionLimits {
            host: url.host().to_owned(),
            idle: http.timeout()?,
            cancel: context.cancel.clone(),
            writes: context.writes.clone(),
            requests: matches!(url, RepositoryUrl::Ssh(_)).then(|| context.requests.clone()),
        };
        Ok(Self {
            url,
            access,
            client,
            folder: context.folder.clone(),
            environment: environment(&context.variables),
            connect_timeout: http.connect_timeout()?,
            limits,
        })
    }
}

fn environment(variables: &ProcessVariables) -> Vec<(String, String)> {
    let mut environment: Vec<(String, String)> = PASSED_ON
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), variables.get(name)?.to_owned())))
        .collect();
    if variables.get("PATH").is_none() {
        environment.push(("PATH".to_owned(), PATH.to_owned()));
    }
    environment.push(("LC_ALL".to_owned(), "C".to_owned()));
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_get_no_more_of_the_environment_than_they_need() {
        let variables = [("HOME", "/home/u"), ("GIT_TOKEN", "hunter2"), ("GIT_SSH_COMMAND", "evil")]
            .into_iter()
            .collect();
        let names: Vec<String> = environment(&variables).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["HOME", "PATH", "LC_ALL"]);
    }
}
