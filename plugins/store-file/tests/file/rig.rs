//! What the contract's rigs have in common: a store of files and variables knows what was there when a run began, and the contract
//! writes secrets while it holds a store.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::SecretName;
use deployer_core::traits::{Address, Answer, SecretStore, StoreCapabilities, Wanted};

/// A store that is built anew for every call that reads.
pub(crate) struct Fresh<F> {
    build: F,
    /// What is asked what needs no reading.
    first: Arc<dyn SecretStore>,
}

impl<F> Fresh<F>
where
    F: Fn() -> Arc<dyn SecretStore> + Send + Sync + 'static,
{
    pub(crate) fn store(build: F) -> Arc<dyn SecretStore> {
        Arc::new(Self { first: build(), build })
    }
}

impl<F> std::fmt::Debug for Fresh<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.first.fmt(f)
    }
}

#[async_trait]
impl<F> SecretStore for Fresh<F>
where
    F: Fn() -> Arc<dyn SecretStore> + Send + Sync + 'static,
{
    fn location(&self) -> String {
        self.first.location()
    }

    fn capabilities(&self) -> StoreCapabilities {
        self.first.capabilities()
    }

    fn address(&self, wanted: &Wanted) -> Result<Address> {
        self.first.address(wanted)
    }

    fn reads(&self, addresses: &[Address]) -> Vec<Vec<Address>> {
        self.first.reads(addresses)
    }

    async fn open(&self) -> Result<()> {
        (self.build)().open().await
    }

    async fn read(&self, addresses: &[Address]) -> Vec<Answer> {
        (self.build)().read(addresses).await
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        (self.build)().names().await
    }

    async fn close(&self) -> Result<()> {
        self.first.close().await
    }
}
