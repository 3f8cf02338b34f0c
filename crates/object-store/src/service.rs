//! What differs between the services.

/// A service of object storage: its codes, and the rights that it grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    S3,
    Azure,
    Gcs,
}

/// What is done with objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Read,
    Write,
    List,
    Delete,
}

impl Service {
    /// How messages call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::S3 => "S3",
            Self::Azure => "Azure Blob Storage",
            Self::Gcs => "Google Cloud Storage",
        }
    }

    /// Whether a host is one of the service itself, where names of buckets and accounts are unique.
    pub(crate) fn is_own_host(self, host: &str) -> bool {
        match self {
            Self::S3 => host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"),
            Self::Azure => host.contains(".blob.core."),
            Self::Gcs => host == "storage.googleapis.com",
        }
    }

    /// How it calls a container of objects.
    pub(crate) fn container(self) -> &'static str {
        match self {
            Self::S3 | Self::Gcs => "bucket",
            Self::Azure => "container",
        }
    }

    /// Whether a code of a 404 says that the object does not exist.
    pub(crate) fn says_no_object(self, code: &str) -> bool {
        matches!((self, code), (Self::S3 | Self::Gcs, "NoSuchKey") | (Self::Azure, "BlobNotFound"))
    }

    /// Whether a code of a 404 says that the bucket or container does not exist.
    pub(crate) fn says_no_container(self, code: &str) -> bool {
        matches!((self, code), (Self::S3 | Self::Gcs, "NoSuchBucket") | (Self::Azure, "ContainerNotFound"))
    }

    /// Whether a code and its message say that the credential is not accepted, whatever the status.
    pub(crate) fn says_unauthenticated(self, code: &str, message: &str) -> bool {
        const S3: [&str; 6] = [
            "ExpiredToken",
            "InvalidAccessKeyId",
            "InvalidToken",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
        ];
        match self {
            Self::S3 => S3.contains(&code),
            Self::Azure => {
                matches!(code, "AuthenticationFailed" | "InvalidAuthenticationInfo")
                    || message.starts_with("Server failed to authenticate")
            }
            Self::Gcs => matches!(code, "AuthenticationRequired" | "InvalidSecurity"),
        }
    }

    /// The right that an action needs.
    pub(crate) fn right(self, action: Action) -> &'static str {
        match (self, action) {
            (Self::S3, Action::Read) => "`s3:GetObject` on the objects, and `s3:ListBucket` on the bucket",
            (Self::S3, Action::Write) => "`s3:PutObject` and `s3:GetObject` on the objects",
            (Self::S3, Action::List) => "`s3:ListBucket` on the bucket",
            (Self::S3, Action::Delete) => "`s3:DeleteObject` on the objects",
            (Self::Azure, _) => "the role `Storage Blob Data Contributor` on the container",
            (Self::Gcs, Action::Read) => "`storage.objects.get` (role `roles/storage.objectUser`)",
            (Self::Gcs, Action::Write) => {
                "`storage.objects.create` and `storage.objects.delete` (role `roles/storage.objectUser`)"
            }
            (Self::Gcs, Action::List) => "`storage.objects.list` (role `roles/storage.objectUser`)",
            (Self::Gcs, Action::Delete) => "`storage.objects.delete` (role `roles/storage.objectUser`)",
        }
    }
}
