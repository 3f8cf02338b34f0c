//! The fetched state of the repository.

use std::sync::{Mutex, PoisonError};

use deployer_core::Result;
use deployer_core::layout::Layout;
use deployer_core::model::Fingerprint;
use deployer_git::{Advertisement, Fetched, File};

/// The state of the repository when it was fetched.
#[derive(Debug)]
pub(crate) struct RepositoryState {
    pub(crate) fetched: Fetched,
    /// Identifies the state in plans.
    pub(crate) base: Fingerprint,
    /// The files of the node folder.
    pub(crate) files: Vec<File>,
    pub(crate) layout: Layout,
    /// What the host listed to a client with write access. The first push begins with it, a repeated one asks again.
    advertisement: Mutex<Option<Advertisement>>,
}

impl RepositoryState {
    /// Reads the node folder of a fetched commit. Computes for long.
    ///
    /// # Errors
    /// As [`deployer_git::Repository::files`].
    pub(crate) fn read(
        fetched: Fetched,
        advertisement: Advertisement,
        folder: &str,
        environment: &str,
    ) -> Result<Self> {
        let files = match fetched.base {
            Some(base) => fetched.repository.files(base, folder)?,
            None => Vec::new(),
        };
        let layout = Layout::read(files.iter().map(File::content), folder, environment);
        let base = fingerprint(&fetched);
        Ok(Self { fetched, base, files, layout, advertisement: Mutex::new(Some(advertisement)) })
    }

    /// The advertisement, once.
    pub(crate) fn take_advertisement(&self) -> Option<Advertisement> {
        self.advertisement.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The tip of the branch, or the commit on which a new branch starts.
fn fingerprint(fetched: &Fetched) -> Fingerprint {
    let text = match (fetched.tip, fetched.base) {
        (Some(tip), _) => tip.to_string(),
        (None, Some(base)) => format!("new branch on {base}"),
        (None, None) => "empty repository".to_owned(),
    };
    Fingerprint::new(text)
}
