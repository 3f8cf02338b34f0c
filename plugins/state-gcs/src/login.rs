//! Who we are to Google Cloud Storage.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_gcp::{Login, Token};
use deployer_http::SharedLogin;
use deployer_object_store::{StorageCredential, StorageLogin};

/// A login whose token is kept until it ends.
#[derive(Debug)]
pub(crate) struct Account {
    login: Arc<Login>,
    token: SharedLogin<Token>,
}

impl Account {
    pub(crate) fn new(login: Login) -> Self {
        Self { login: Arc::new(login), token: SharedLogin::default() }
    }
}

#[async_trait]
impl StorageLogin for Account {
    async fn credential(&self) -> Result<StorageCredential> {
        let login = Arc::clone(&self.login);
        let token = self.token.get(Token::is_fresh, || async move { login.log_in().await }).await?;
        Ok(StorageCredential::Token(token.value()))
    }
}
