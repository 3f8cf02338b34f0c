//! A repository on the network.

use std::fmt;
use std::future::{Future, ready};
use std::sync::Arc;

use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result};
use deployer_http::HttpSettings;
use gix::ObjectId;
use tokio::sync::oneshot;

use crate::access::Access;
use crate::branch::BranchName;
use crate::commit::NewCommit;
use crate::committish::Committish;
use crate::endpoint::Endpoint;
use crate::fetch::{self, Fetched, WantedBranch};
use crate::push::{self, Advertisement, Pushed};
use crate::read::{self, FetchedCommit};
use crate::session::{Session, WhenStopped, blocking};
use crate::url::RepositoryUrl;

/// A repository on the network. Cheap to clone. `Debug` shows no credentials.
///
/// If the run is asked to stop, reading ends at once and writing after a short grace period. Dropping a future ends its work too.
#[derive(Debug, Clone)]
pub struct Remote(Arc<Endpoint>);

impl Remote {
    /// A repository at an address. Opens no connection.
    ///
    /// Certificates are those of `http.ca_file`, else of `GIT_SSL_CAINFO` and `GIT_SSL_CAPATH`, else as
    /// [`Trust`](deployer_http::Trust) says.
    ///
    /// # Errors
    /// `Settings` for credentials that the address does not use, and for certificates, proxies or times that cannot be used.
    pub fn new(url: RepositoryUrl, access: Access, http: &HttpSettings, context: &Context) -> Result<Self> {
        Endpoint::new(url, access, http, context).map(|endpoint| Self(Arc::new(endpoint)))
    }

    /// Fetches a branch at depth 1.
    ///
    /// # Errors
    /// - `Unauthenticated`, `Denied`, `NotFound` (no repository, no such branch, an empty repository), each with a hint;
    /// - `Unavailable`, `Timeout`: no connection or no answer;
    /// - `Settings`: no branch is set and the repository names no default; a program is missing; an SSH host is unknown;
    /// - `Verification`: the commit is larger than a configuration can be;
    /// - `Interrupted`: the run was asked to stop.
    pub async fn fetch(&self, wanted: &WantedBranch) -> Result<Fetched> {
        self.fetch_listed(wanted, ready(None)).await
    }

    /// Fetches a branch at depth 1, and lists the branches with write access at the same time: [`Self::fetch`] and
    /// [`Self::advertisement`]. Over HTTP, the list takes the place of that of the fetch, which has one round trip less.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    pub async fn fetch_to_write(&self, wanted: &WantedBranch) -> Result<(Fetched, Advertisement)> {
        let (tell, told) = oneshot::channel();
        let listing = async {
            let listed = self.advertisement().await;
            // A fetch that has failed does not wait for it.
            let _ = tell.send(listed.as_ref().ok().cloned());
            listed
        };
        // Other conversations are one request each: with a limit of one, the first would wait for the second without an end.
        let is_http = matches!(self.0.url, RepositoryUrl::Http(_));
        let listed = async move { if is_http { told.await.ok().flatten() } else { None } };
        let (fetched, listed) = tokio::join!(self.fetch_listed(wanted, listed), listing);
        Ok((fetched?, listed?))
    }

    async fn fetch_listed(
        &self,
        wanted: &WantedBranch,
        listed: impl Future<Output = Option<Advertisement>> + Send + 'static,
    ) -> Result<Fetched> {
        let wanted = wanted.clone();
        let work = move |session: &_, endpoint: &_| fetch::fetch(session, endpoint, &wanted, listed);
        self.blocking(WhenStopped::EndAtOnce, work).await
    }

    /// Fetches a commit without its history.
    ///
    /// # Errors
    /// As [`Self::fetch`]; `NotFound` also if there is no such tag, or the host does not give the commit.
    pub async fn fetch_commit(&self, named: &Committish) -> Result<FetchedCommit> {
        let named = named.clone();
        let work = move |session: &_, endpoint: &_| read::fetch_commit(session, endpoint, &named);
        self.blocking(WhenStopped::EndAtOnce, work).await
    }

    /// The id of the named commit, without fetching it: two round trips, or none for the id of a commit.
    ///
    /// # Errors
    /// As [`Self::fetch_commit`].
    pub async fn resolve(&self, named: &Committish) -> Result<ObjectId> {
        let named = named.clone();
        let work = move |session: &_, endpoint: &_| read::resolve(session, endpoint, &named);
        self.blocking(WhenStopped::EndAtOnce, work).await
    }

    /// Where the repository is, without scheme, user and `.git`: `github.com/acme/node`.
    pub fn name(&self) -> String {
        self.0.url.name()
    }

    /// Lists the branches with write access, which proves that the credentials allow a push as far as the host checks them beforehand.
    /// One round trip.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    pub async fn advertisement(&self) -> Result<Advertisement> {
        self.blocking(WhenStopped::EndAtOnce, push::advertisement).await
    }

    /// As [`Self::advertisement`], also shortly after the run was asked to stop: to find out whether a push was applied.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    pub async fn outcome(&self) -> Result<Advertisement> {
        self.blocking(WhenStopped::Finish, push::advertisement).await
    }

    /// Sets a branch to a new commit, if its tip still is `tip` (`None`: if there is no such branch). A branch whose tip already is the
    /// commit stays as it is. Two round trips, or one over HTTP if `seen` is an advertisement with this tip: the host refuses the push if
    /// the branch has moved since.
    ///
    /// # Errors
    /// - `Conflict`: the branch has another tip now;
    /// - `Rejected`: the host declines the commit, with the host's words;
    /// - `UnknownOutcome`: the commit was sent and no complete answer of git came;
    /// - others as [`Self::fetch`]; in these cases nothing was written.
    pub async fn push(
        &self,
        branch: &BranchName,
        tip: Option<ObjectId>,
        commit: &Arc<NewCommit>,
        seen: Option<Advertisement>,
    ) -> Result<Pushed> {
        if self.0.limits.cancel.is_cancelled() {
            return Err(Error::new(
                Kind::Interrupted,
                format!("push to {}: the run was asked to stop", self.0.url),
            ));
        }
        let (branch, commit) = (branch.clone(), Arc::clone(commit));
        let work =
            move |session: &_, endpoint: &_| push::push(session, endpoint, &branch, tip, &commit, seen);
        self.blocking(WhenStopped::Finish, work).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        when_stopped: WhenStopped,
        work: impl FnOnce(&Arc<Session>, &Endpoint) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let endpoint = Arc::clone(&self.0);
        blocking(&self.0.limits, when_stopped, move |session| work(session, &endpoint)).await
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.url)
    }
}
