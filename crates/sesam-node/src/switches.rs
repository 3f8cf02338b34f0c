//! The choices where Sesam's documentation and clients leave the behaviour of a real node open.

/// What a reference to an undefined variable or secret means for the entity that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingName {
    /// The entity is invalid: refused without force, stored as invalid with it.
    Error,
    /// The entity is valid and the reference is reported.
    Warning,
    /// Nothing is reported.
    Ignored,
}

/// Behaviour a real node may or may not show. The defaults are the readings under which a careless client fails
/// earliest; every other reading is one field away.
#[derive(Debug, Clone)]
pub struct Switches {
    /// `PUT /env` keeps variables that are absent from the body. Default: it replaces the whole set.
    pub env_put_merges: bool,
    /// `PUT /secrets` keeps secrets that are absent from the body. Default: it replaces the whole set, as the
    /// request of the same name on a system does.
    pub secrets_put_merges: bool,
    /// An upload with `force=true` passes the configuration circuit breaker. Default: it does not.
    pub force_overrides_circuit_breaker: bool,
    /// A missing or wrong token is answered with 403 in place of 401.
    pub forbidden_for_bad_token: bool,
    /// Errors are HTML pages, as old nodes answer, in place of JSON problem objects.
    pub html_errors: bool,
    /// Entities of a named group come back with `metadata.$config-group` filled in everywhere. Default: only from
    /// `/config-all`, which would otherwise not survive a download and an upload.
    pub echo_group_tag: bool,
    /// `/config/default` addresses the default group. Default: it is a group of its own with that name.
    pub default_is_the_default_group: bool,
    /// An entity whose `metadata.$config-group` names another group than the address of the upload is accepted,
    /// and the address wins. Default: it is an error.
    pub foreign_group_tag_is_accepted: bool,
    /// Node metadata may live in a named group. Default: it is an error.
    pub metadata_in_named_group: bool,
    /// `PUT /pipes/{id}/config` and `PUT /systems/{id}/config` create what is missing. Default: 404.
    pub put_creates_missing: bool,
    /// Deleting a variable or secret that does not exist succeeds. Default: 404.
    pub deleting_absent_name_succeeds: bool,
    /// Zip members whose names end in `.json` but not in `.conf.json` are ignored. Default: they are configuration.
    pub stray_zip_members_are_ignored: bool,
    /// An upload of identical content deploys its pipes again. Default: only what changed is deployed.
    pub identical_upload_redeploys: bool,
    /// A reference `$ENV(name)` without a variable of that name. Default: [`MissingName::Error`].
    pub missing_variable: MissingName,
    /// A reference `$SECRET(name)` in a system without a secret of that name. Default: [`MissingName::Warning`],
    /// since a system must exist before its own secrets can be set.
    pub missing_secret: MissingName,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            env_put_merges: false,
            secrets_put_merges: false,
            force_overrides_circuit_breaker: false,
            forbidden_for_bad_token: false,
            html_errors: false,
            echo_group_tag: false,
            default_is_the_default_group: false,
            foreign_group_tag_is_accepted: false,
            metadata_in_named_group: false,
            put_creates_missing: false,
            deleting_absent_name_succeeds: false,
            stray_zip_members_are_ignored: false,
            identical_upload_redeploys: false,
            missing_variable: MissingName::Error,
            missing_secret: MissingName::Warning,
        }
    }
}

/// The settings of a node that affect every change.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) switches: Switches,
    /// The number of requests that show a changed pipe as deploying.
    pub(crate) deploying_polls: u32,
}
