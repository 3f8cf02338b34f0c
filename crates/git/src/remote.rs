//! A repository on the network.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deployer_core::plugin::{Context, ProcessVariables};
use deployer_core::{Error, Kind, Result};
use deployer_http::{Client, HttpSettings, Trust};
use gix::ObjectId;

use crate::access::Access;
use crate::branch::BranchName;
use crate::commit::NewCommit;
use crate::committish::Committish;
use crate::fetch::{self, Fetched, Wanted};
use crate::push::{self, Advertisement, Pushed};
use crate::read::{self, FetchedCommit};
use crate::session::{Terms, WhenStopped, blocking};
use crate::url::RepositoryUrl;

/// Variables that `ssh` and `git` are given: where programs, the user's keys and the agent are. Nothing else of the environment
/// is passed on, it may hold credentials.
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

/// Where programs are looked for when the environment does not say.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A repository on the network. Cheap to clone. `Debug` shows no credentials.
///
/// Methods that wait end when the run is asked to stop: reading at once, writing after a moment in which it may still come to its
/// end. Dropping a future ends its work too.
#[derive(Debug, Clone)]
pub struct Remote(Arc<Inner>);

/// What every conversation with the repository needs.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) url: RepositoryUrl,
    pub(crate) access: Access,
    /// There is one when the repository is reached over HTTP.
    pub(crate) client: Option<Client>,
    /// Relative paths start here.
    pub(crate) folder: PathBuf,
    /// For processes on the way.
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) connect_timeout: Duration,
    terms: Terms,
}

impl Remote {
    /// A repository at an address. Opens no connection.
    ///
    /// Certificates are those of `http.ca_file`, else of `GIT_SSL_CAINFO` and `GIT_SSL_CAPATH`, else as [`Trust`] says.
    ///
    /// # Errors
    /// `Settings` when the address has no use for the credentials, or certificates, proxies or times cannot be used.
    pub fn new(url: RepositoryUrl, access: Access, http: &HttpSettings, context: &Context) -> Result<Self> {
        access.check(&url)?;
        let client = match &url {
            RepositoryUrl::Http(_) => {
                let trust = Trust::from_context(context, http, &["GIT_SSL_CAINFO", "GIT_SSL_CAPATH"])?;
                Some(Client::with_trust(context, trust, http)?.with_redirect_answers())
            }
            RepositoryUrl::Ssh(_) | RepositoryUrl::Local(_) => None,
        };
        let terms =
            Terms { host: url.host().to_owned(), idle: http.timeout()?, cancel: context.cancel.clone() };
        Ok(Self(Arc::new(Inner {
            url,
            access,
            client,
            folder: context.folder.clone(),
            environment: environment(&context.variables),
            connect_timeout: http.connect_timeout()?,
            terms,
        })))
    }

    /// Fetches a branch at depth 1.
    ///
    /// # Errors
    /// - `Unauthenticated`, `Denied`, `NotFound` (no repository, no such branch, nothing in the repository), each with a hint;
    /// - `Unavailable`, `Timeout`: no connection or no answer;
    /// - `Settings`: no branch is wanted and the repository names no default; a program is missing; an SSH host is not known;
    /// - `Interrupted`: the run was asked to stop.
    pub async fn fetch(&self, wanted: &Wanted) -> Result<Fetched> {
        let (inner, wanted) = (Arc::clone(&self.0), wanted.clone());
        blocking(&self.0.terms, WhenStopped::EndAtOnce, move |session| fetch::fetch(session, &inner, &wanted))
            .await
    }

    /// Fetches a commit without its history.
    ///
    /// # Errors
    /// As [`Self::fetch`]; `NotFound` also when there is no such tag, or the host does not give the commit.
    pub async fn fetch_commit(&self, named: &Committish) -> Result<FetchedCommit> {
        let (inner, named) = (Arc::clone(&self.0), named.clone());
        let work = move |session: &_| read::fetch_commit(session, &inner, &named);
        blocking(&self.0.terms, WhenStopped::EndAtOnce, work).await
    }

    /// Tells which commit is named, without fetching it: two round trips, or none for the id of a commit.
    ///
    /// # Errors
    /// As [`Self::fetch_commit`].
    pub async fn resolve(&self, named: &Committish) -> Result<ObjectId> {
        let (inner, named) = (Arc::clone(&self.0), named.clone());
        let work = move |session: &_| read::resolve(session, &inner, &named);
        blocking(&self.0.terms, WhenStopped::EndAtOnce, work).await
    }

    /// Where the repository is, without scheme, user and `.git`: `github.com/acme/node`.
    pub fn name(&self) -> String {
        self.0.url.name()
    }

    /// Asks for the branches with the rights of one who writes, which proves that the credentials are good for a push as far as
    /// the host tells beforehand. One round trip.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    pub async fn advertisement(&self) -> Result<Advertisement> {
        self.advertised(WhenStopped::EndAtOnce).await
    }

    /// As [`Self::advertisement`], also in the moments after the run was asked to stop: to find out what became of a push.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    pub async fn outcome(&self) -> Result<Advertisement> {
        self.advertised(WhenStopped::Finish).await
    }

    async fn advertised(&self, when_stopped: WhenStopped) -> Result<Advertisement> {
        let inner = Arc::clone(&self.0);
        blocking(&self.0.terms, when_stopped, move |session| push::advertisement(session, &inner)).await
    }

    /// Lets a branch point at a new commit, if it still points at `tip` (none: if there is no such branch). Two round trips. A
    /// branch that already points at the commit is left as it is.
    ///
    /// # Errors
    /// - `Conflict`: the branch points at something else by now;
    /// - `Rejected`: the host declines, in its own words;
    /// - `UnknownOutcome`: the commit was sent and no complete answer came;
    /// - others as [`Self::fetch`], and then nothing was written.
    pub async fn push(
        &self,
        branch: &BranchName,
        tip: Option<ObjectId>,
        commit: &Arc<NewCommit>,
    ) -> Result<Pushed> {
        if self.0.terms.cancel.is_cancelled() {
            return Err(Error::new(
                Kind::Interrupted,
                format!("push to {}: the run was asked to stop", self.0.url),
            ));
        }
        let (inner, branch, commit) = (Arc::clone(&self.0), branch.clone(), Arc::clone(commit));
        blocking(&self.0.terms, WhenStopped::Finish, move |session| {
            push::push(session, &inner, &branch, tip, &commit)
        })
        .await
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.url)
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
