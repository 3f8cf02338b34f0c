//! The behaviour that Sesam's documentation and clients do not specify.

/// The effect of a reference to an undefined variable or secret on its entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingName {
    /// The entity is invalid: rejected without force, stored as invalid with force.
    Error,
    /// The entity is valid, and the reference is reported.
    Warning,
    /// The reference is not reported.
    Ignored,
}

/// Behaviour that a real node may have or not. With the defaults, a careless client fails early.
#[derive(Debug, Clone)]
pub struct Switches {
    /// `PUT /env` keeps variables that are missing in the body. If off, it replaces all variables.
    pub env_put_merges: bool,
    /// `PUT /secrets` keeps secrets that are missing in the body. If off, it replaces all secrets, as `PUT /systems/{id}/secrets` does.
    pub secrets_put_merges: bool,
    /// An upload with `force=true` overrides the configuration circuit breaker.
    pub force_overrides_circuit_breaker: bool,
    /// The status for a missing or wrong token is 403 instead of 401.
    pub forbidden_for_bad_token: bool,
    /// Errors are HTML pages, as on old nodes, instead of JSON problem objects.
    pub html_errors: bool,
    /// All responses contain `metadata.$config-group` for entities of named groups. If off, only `/config-all` does: without it, an upload
    /// of the download would lose the groups.
    pub echo_group_tag: bool,
    /// `/config/default` is the default group. If off, it is a group with that name.
    pub default_is_the_default_group: bool,
    /// An upload to one group accepts an entity whose `metadata.$config-group` names another group. The address takes precedence. If off,
    /// this is an error.
    pub foreign_group_tag_is_accepted: bool,
    /// A named group can contain the node metadata. If off, this is an error.
    pub metadata_in_named_group: bool,
    /// `PUT /pipes/{id}/config` and `PUT /systems/{id}/config` create a missing entity. If off, the status is 404.
    pub put_creates_missing: bool,
    /// Deleting a missing variable or secret succeeds. If off, the status is 404.
    pub deleting_absent_name_succeeds: bool,
    /// Zip members that end in `.json`, but not in `.conf.json`, are ignored. If off, they are configuration.
    pub stray_zip_members_are_ignored: bool,
    /// An upload of identical content deploys its pipes again. If off, only changed pipes are deployed.
    pub identical_upload_redeploys: bool,
    /// The node is not in developer mode: it rejects the runner of all pipes.
    pub no_developer_mode: bool,
    /// The effect of an undefined variable [default: [`MissingName::Error`]].
    pub missing_variable: MissingName,
    /// The effect of an undefined secret of a system [default: [`MissingName::Warning`], because a system must exist before its secrets can
    /// be set].
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
            no_developer_mode: false,
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
