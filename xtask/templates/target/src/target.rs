//! The service as a target of deployments.

use std::sync::Arc;

use deployer_core::async_trait;
use deployer_core::Result;
use deployer_core::format::portal;
use deployer_core::model::{Fingerprint, NodePlan, Observed};
use deployer_core::plugin::Context;
use deployer_core::layout::{FileText, Layout, node_files};
use deployer_core::traits::{NodeTarget, Secrets, Step, TargetCapabilities};

use crate::errors::changed;
use crate::settings::Settings;
use crate::state::{self, Files, State};
use crate::step::Write;
use crate::wire::Wire;

/// A service with the files of one node.
#[derive(Debug)]
pub(crate) struct Target {
    wire: Arc<Wire>,
    environment: String,
}

impl Target {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, context: &Context) -> Result<Self> {
        Ok(Self { wire: Arc::new(Wire::new(settings, context)?), environment: context.environment.clone() })
    }

    fn layout(&self, files: &Files) -> Layout {
        let files = files.iter().map(|(path, text)| (path.as_str(), Some(text.as_bytes())));
        Layout::read(files, "", &self.environment)
    }
}

/// Identifies a state in plans.
fn base(state: &State) -> Fingerprint {
    Fingerprint::new(state.version.as_str())
}

#[async_trait]
impl NodeTarget for Target {
    fn location(&self) -> String {
        self.wire.location()
    }

    fn capabilities(&self) -> TargetCapabilities {
        let mut capabilities = TargetCapabilities::default();
        capabilities.variables = true;
        capabilities.conditional_write = true;
        capabilities
    }

    async fn observe(&self) -> Result<Observed> {
        let state = state::read(&self.wire).await?;
        let layout = self.layout(&state.files);
        let mut observed = Observed::new(base(&state), layout.all_entities());
        observed.variables = layout.variables;
        observed.stray = layout.stray;
        Ok(observed)
    }

    async fn prepare(&self, plan: &NodePlan, _secrets: &Secrets) -> Result<Vec<Box<dyn Step>>> {
        let state = state::read(&self.wire).await?;
        if base(&state) != plan.base {
            return Err(changed(&self.location()));
        }
        let layout = self.layout(&state.files);
        let files = node_files(&plan.desired, &layout, &self.environment, portal)?.into_iter();
        let after: Files = files
            .filter_map(|(path, text)| {
                let text = match text {
                    FileText::Keep => state.files.get(&path)?.clone(),
                    FileText::Write(text) => text,
                };
                Some((path, text))
            })
            .collect();
        if after == state.files {
            return Ok(Vec::new());
        }
        Ok(vec![Box::new(Write { wire: Arc::clone(&self.wire), before: state.files, after })])
    }
}
