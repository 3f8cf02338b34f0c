//! The stores of `object_store`, without its own retries, credentials and HTTP client.

use std::sync::Arc;

use deployer_core::{Error, Kind, Redactor, Result};
use deployer_http::{Client, Endpoint};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{ObjectStore, RetryConfig};

use crate::connector::Connector;
use crate::credentials::{self, Provider, StorageLogin};
use crate::place::ObjectPlace;
use crate::service::Service;

/// Where objects are, and how they are reached.
#[derive(Debug)]
pub struct Storage {
    /// Sends the requests.
    pub client: Client,
    /// The address of the service.
    pub endpoint: Endpoint,
    /// The bucket or container.
    pub container: String,
    /// The folder in it; empty for none.
    pub prefix: String,
    /// Who we are.
    pub login: Arc<dyn StorageLogin>,
    /// Masks secrets in the words of the service.
    pub redactor: Redactor,
}

/// A bucket of S3, or of a service that speaks its protocol.
#[derive(Debug)]
pub struct S3 {
    /// The region that requests are signed for.
    pub region: String,
    /// Whether the bucket is part of the host's name, as in the address.
    pub virtual_host: bool,
}

/// A container of Azure Blob Storage.
#[derive(Debug)]
pub struct Azure {
    /// The storage account.
    pub account: String,
}

/// A bucket of Google Cloud Storage.
#[derive(Debug)]
pub struct Gcs;

impl Storage {
    fn connector(&self, service: Service) -> Connector {
        Connector {
            client: self.client.clone(),
            origin: self.endpoint.origin(),
            service,
            redactor: self.redactor.clone(),
        }
    }

    fn provider<C>(&self, convert: fn(credentials::StorageCredential) -> Option<C>) -> Arc<Provider<C>> {
        Arc::new(Provider { login: Arc::clone(&self.login), convert })
    }

    /// `root` is how messages call the service, such as `s3:/`.
    fn place(
        self,
        service: Service,
        root: &str,
        store: object_store::Result<impl ObjectStore>,
    ) -> Result<ObjectPlace> {
        // The words of the library can repeat what was given.
        let store = store.map_err(|_| {
            Error::new(Kind::Settings, format!("the address of {} cannot be used", service.name()))
        })?;
        let folder = format!("{root}/{}/{}", self.container, self.prefix);
        let folder = folder.trim_end_matches('/');
        let location = match service.is_own_host(self.endpoint.host()) {
            true => folder.to_owned(),
            false => format!("{folder} at {}", self.endpoint.origin()),
        };
        Ok(ObjectPlace::new(Box::new(store), service, &self.prefix, &location))
    }
}

/// Each request is sent once.
fn no_retries() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

impl S3 {
    /// The place in a bucket.
    ///
    /// # Errors
    /// `Settings` when the address cannot be used.
    pub fn place(self, storage: Storage) -> Result<ObjectPlace> {
        let store = AmazonS3Builder::new()
            .with_bucket_name(&storage.container)
            .with_region(self.region)
            .with_endpoint(storage.endpoint.to_string())
            .with_virtual_hosted_style_request(self.virtual_host)
            .with_credentials(storage.provider(credentials::aws))
            // One object is one request, with one status.
            .with_disable_bulk_delete(true)
            .with_retry(no_retries())
            .with_http_connector(storage.connector(Service::S3))
            .build();
        storage.place(Service::S3, "s3:/", store)
    }
}

impl Azure {
    /// The place in a container.
    ///
    /// # Errors
    /// `Settings` when the address cannot be used.
    pub fn place(self, storage: Storage) -> Result<ObjectPlace> {
        let store = MicrosoftAzureBuilder::new()
            .with_account(&self.account)
            .with_container_name(&storage.container)
            .with_endpoint(storage.endpoint.to_string())
            .with_credentials(storage.provider(credentials::azure))
            .with_retry(no_retries())
            .with_http_connector(storage.connector(Service::Azure))
            .build();
        storage.place(Service::Azure, &format!("azure://{}", self.account), store)
    }
}

impl Gcs {
    /// The place in a bucket.
    ///
    /// # Errors
    /// `Settings` when the address cannot be used.
    pub fn place(self, storage: Storage) -> Result<ObjectPlace> {
        let store = GoogleCloudStorageBuilder::new()
            .with_bucket_name(&storage.container)
            .with_base_url(&storage.endpoint.to_string())
            .with_credentials(storage.provider(credentials::gcs))
            .with_signing_credentials(storage.provider(credentials::no_signing))
            .with_retry(no_retries())
            .with_http_connector(storage.connector(Service::Gcs))
            .build();
        storage.place(Service::Gcs, "gs:/", store)
    }
}
