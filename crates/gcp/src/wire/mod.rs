//! The requests of logins: the one place where credentials pass to Google.

mod logins;
mod signature;

pub(crate) use logins::{
    IMPERSONATION, exchange, grant, identity_token, impersonated_token, impersonation, oauth_token,
};
pub(crate) use signature::{KeyFile, bearer_assertion};
