//! The references of a repository as a host listed them over HTTP.

use deployer_http::Response;

/// The answer of a host, which begins a later push in place of another request: over HTTP a host remembers no conversation, and refuses a
/// push on a branch that has moved since.
#[derive(Debug, Clone)]
pub(crate) struct ListedReferences {
    pub(crate) answer: Response,
    /// The address of the repository after a redirect.
    pub(crate) moved_to: Option<String>,
}
