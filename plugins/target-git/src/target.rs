//! The repository as a target of deployments.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use deployer_core::error::Note;
use deployer_core::model::{Fingerprint, NodePlan, Observed, Revision};
use deployer_core::plugin::{Context, blocking};
use deployer_core::traits::{NodeTarget, Secrets, Step, TargetCapabilities};
use deployer_core::{Error, Kind, Result};
use deployer_git::{BranchName, Identity, Remote, WantedBranch};

use crate::content::NewFolder;
use crate::message::{Facts, Message};
use crate::settings::Settings;
use crate::state::RepositoryState;
use crate::step::Push;

/// The folder of a node in a git repository.
#[derive(Debug)]
pub(crate) struct Git {
    remote: Remote,
    wanted: WantedBranch,
    folder: String,
    message: Message,
    identity: Identity,
    environment: String,
    link: Option<String>,
    /// The state that was fetched last. Steps use it, so that nothing is fetched twice.
    seen: Mutex<Option<Arc<RepositoryState>>>,
}

impl Git {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: Settings, context: &Context) -> Result<Self> {
        let folder = settings.folder()?;
        let message = Message::new(context.message.as_deref().or(settings.message.as_deref()))?;
        let identity = Identity::new(&context.variables, settings.author.as_deref())?;
        let branch = settings.branch.as_deref().map(BranchName::new).transpose()?;
        let may_be_missing = settings.create_branch;
        Ok(Self {
            remote: settings.remote(context)?,
            wanted: WantedBranch { branch, may_be_missing },
            folder,
            message,
            identity,
            environment: context.environment.clone(),
            link: context.link.clone(),
            seen: Mutex::default(),
        })
    }

    /// Fetches the branch and checks write access.
    async fn look(&self) -> Result<Arc<RepositoryState>> {
        let (fetched, advertisement) = self.remote.fetch_to_write(&self.wanted).await?;
        let (folder, environment) = (self.folder.clone(), self.environment.clone());
        let read = move || RepositoryState::read(fetched, advertisement, &folder, &environment);
        let seen = Arc::new(blocking("read the fetched repository", read).await?);
        *self.seen() = Some(Arc::clone(&seen));
        Ok(seen)
    }

    fn seen(&self) -> MutexGuard<'_, Option<Arc<RepositoryState>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state that a plan was made from. It is fetched again if another run made the plan.
    async fn planned_from(&self, base: &Fingerprint) -> Result<Arc<RepositoryState>> {
        let remembered = self.seen().clone();
        if let Some(seen) = remembered.filter(|seen| seen.base == *base) {
            return Ok(seen);
        }
        let seen = self.look().await?;
        if seen.base == *base {
            return Ok(seen);
        }
        Err(Error::new(Kind::Conflict, format!("{} was changed after the plan was made", self.location()))
            .with_hint("plan again"))
    }
}

#[async_trait]
impl NodeTarget for Git {
    fn location(&self) -> String {
        match &self.wanted.branch {
            Some(branch) => format!("{}, branch {branch}", self.remote),
            None => self.remote.to_string(),
        }
    }

    fn capabilities(&self) -> TargetCapabilities {
        let mut capabilities = TargetCapabilities::default();
        capabilities.variables = true;
        capabilities.conditional_write = true;
        capabilities
    }

    async fn observe(&self) -> Result<Observed> {
        let seen = self.look().await?;
        let layout = &seen.layout;
        let branch = &seen.fetched.branch;
        let new_branch = seen.fetched.tip.is_none().then(|| {
            Note::remark(format!("the first deploy creates the branch {branch} of {}", self.remote))
        });
        let mut observed = Observed::new(seen.base.clone(), layout.all_entities());
        observed.variables.clone_from(&layout.variables);
        observed.stray.clone_from(&layout.stray);
        observed.notes.extend(new_branch);
        Ok(observed)
    }

    async fn prepare(&self, plan: &NodePlan, _secrets: &Secrets) -> Result<Vec<Box<dyn Step>>> {
        let seen = self.planned_from(&plan.base).await?;
        let (desired, from, environment) =
            (plan.desired.clone(), Arc::clone(&seen), self.environment.clone());
        let folder = blocking("compare the files", move || {
            NewFolder::new(&desired, &from.files, &from.layout, &environment)
        })
        .await?;
        if folder.is_same() {
            return Ok(Vec::new());
        }
        let message = self.message.render(&Facts {
            node: Some(plan.node.as_str()),
            environment: Some(&plan.environment),
            revision: plan.revision.as_ref().map(Revision::short),
            link: self.link.as_deref(),
        });
        let push =
            Push::new(self.remote.clone(), seen, self.folder.clone(), folder, message, self.identity.clone());
        Ok(vec![Box::new(push)])
    }

    async fn close(&self) -> Result<()> {
        *self.seen() = None;
        Ok(())
    }
}
