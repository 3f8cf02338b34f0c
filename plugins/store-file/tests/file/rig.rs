//! Stores for the contract's rigs. A store of files and variables reads them once per run, and the contract writes secrets while it
//! uses a store.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::SecretName;
use deployer_core::traits::{
    SecretAddress, SecretAnswers, SecretRead, SecretStore, StoreCapabilities, WantedSecret,
};

/// A store that is built anew for every call that reads.
pub(crate) struct Fresh<F> {
    build: F,
    /// The store for calls that read nothing.
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

    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        self.first.address(secret)
    }

    fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
        let planned = self.first.reads(secrets)?;
        let fresh = |read: Box<dyn SecretRead + 'a>| -> Box<dyn SecretRead + 'a> {
            let secrets = read.secrets().into_iter().cloned().collect();
            Box::new(FreshRead { store: self, secrets })
        };
        Ok(planned.into_iter().map(fresh).collect())
    }

    async fn open(&self) -> Result<()> {
        (self.build)().open().await
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        (self.build)().names().await
    }

    async fn close(&self) -> Result<()> {
        self.first.close().await
    }
}

/// A read of a store that is built for it.
struct FreshRead<'a, F> {
    store: &'a Fresh<F>,
    secrets: Vec<WantedSecret>,
}

#[async_trait]
impl<F> SecretRead for FreshRead<'_, F>
where
    F: Fn() -> Arc<dyn SecretStore> + Send + Sync + 'static,
{
    fn secrets(&self) -> Vec<&WantedSecret> {
        self.secrets.iter().collect()
    }

    async fn execute(&self) -> Result<SecretAnswers> {
        let store = (self.store.build)();
        store.reads(&self.secrets)?[0].execute().await
    }
}
