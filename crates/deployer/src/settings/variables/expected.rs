//! What each environment variable is expected to hold, with an example: what errors say, and what the documents list.

/// An environment variable, or a member of the JSON object in one.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name; members as `MASTER_NODE.URL` and `EXTRA_NODES.<name>.PROXY_NODE`.
    pub name: &'static str,
    /// What it holds.
    pub expected: &'static str,
    /// An example of it.
    pub example: &'static str,
}

const fn variable(name: &'static str, expected: &'static str, example: &'static str) -> Variable {
    Variable { name, expected, example }
}

/// Every environment variable of the original and its fork, and those that are new here.
pub const VARIABLES: &[Variable] = &[
    variable(
        "NODE_FOLDER",
        "the folder that holds `node/` and usually `extra_nodes/`",
        "/data/configuration",
    ),
    variable("ENVIRONMENT", "the name of the environment: `ci`, `test`, `prod` or another", "test"),
    variable(
        "VERIFY_VARIABLES",
        "`true` or `false`: look for every `$ENV(name)` in the variables files",
        "true",
    ),
    variable("VERIFY_SECRETS", "`true` or `false`: read every `$SECRET(name)` from Vault", "true"),
    variable("DRY_RUN", "`true` or `false`: do everything but the writing", "false"),
    variable(
        "MASTER_NODE",
        "a JSON object",
        r#"{"URL": "datahub-0000aaaa.sesam.cloud", "JWT": "…", "UPLOAD_VARIABLES": true, "UPLOAD_SECRETS": true}"#,
    ),
    variable("MASTER_NODE.URL", "a text, the address of the node", "datahub-0000aaaa.sesam.cloud"),
    variable("MASTER_NODE.JWT", "a text, the node's token", "…"),
    variable("MASTER_NODE.UPLOAD_VARIABLES", "`true` or `false`", "true"),
    variable("MASTER_NODE.UPLOAD_SECRETS", "`true` or `false`", "true"),
    variable("MASTER_NODE.CONFIG_GROUP", "a text, the config group to deploy", "team-a"),
    variable(
        "EXTRA_NODES",
        "a JSON object with an object for each extra node",
        r#"{"extra": {"EXTRA_NODE_GIT_URL": "github.com/acme/extra.git", "EXTRA_NODE_GIT_USERNAME": "deployer", "EXTRA_NODE_GIT_TOKEN": "…", "EXTRA_NODE_GIT_BRANCH": "master", "EXTRA_NODE_TEMPLATE_PATH": "extra_nodes/extra/"}}"#,
    ),
    variable(
        "EXTRA_NODES.<name>.EXTRA_NODE_GIT_URL",
        "a text, the address of the repository",
        "github.com/acme/extra.git",
    ),
    variable(
        "EXTRA_NODES.<name>.EXTRA_NODE_GIT_USERNAME",
        "a text, the user that the token belongs to",
        "deployer",
    ),
    variable("EXTRA_NODES.<name>.EXTRA_NODE_GIT_TOKEN", "a text, a token that may push", "…"),
    variable(
        "EXTRA_NODES.<name>.EXTRA_NODE_GIT_BRANCH",
        "a text, the branch; the repository's own default when absent",
        "master",
    ),
    variable(
        "EXTRA_NODES.<name>.EXTRA_NODE_TEMPLATE_PATH",
        "a text, the folder of the templates, relative to NODE_FOLDER",
        "extra_nodes/extra/",
    ),
    variable("EXTRA_NODES.<name>.PROXY_NODE", "`true` or `false`", "false"),
    variable("VAULT_URL", "the address of Vault", "https://vault.example.com"),
    variable("VAULT_MOUNTING_POINT", "the mount of the secrets engine, KV version 2", "sesam/kv2"),
    variable("VAULT_PATH_PREFIX", "a text that is put in front of the names of secrets", "manual/"),
    variable("VAULT_AUTH", "`git-token` or `approle`", "git-token"),
    variable("VAULT_GIT_TOKEN", "a GitHub token that Vault accepts", "ghp_…"),
    variable("VAULT_APPROLE_ID", "the role id of an AppRole that needs no secret id", "…"),
    variable("WHITELIST_FILE_PATH", "a path relative to `node/`", "deployment/whitelist-test.txt"),
    variable(
        "VERIFY_VARIABLES_FROM_FILES",
        "paths relative to `node/`, parted by `;`",
        "variables/variables-test.json;variables/variables-prod.json",
    ),
    variable("UPLOAD_VARIABLES_FROM_FILE", "a path relative to `node/`", "variables/variables-test.json"),
    variable("SLACK_API_TOKEN", "the bot token of a Slack app", "xoxb-…"),
    variable("SLACK_CHANNEL", "the id or name of a Slack channel", "C0123456789"),
    variable(
        "RELEASE_URL",
        "the address of the release that the run belongs to",
        "https://dev.azure.com/acme/…",
    ),
    variable("LOG_LEVEL", "`error`, `warn`, `info`, `debug`, `trace` or `off`; Python's names too", "INFO"),
    variable(
        "FORCE",
        "`true` or `false`: when the node refuses a configuration, upload it with force, as the original did",
        "false",
    ),
    variable(
        "ALLOW_HTTP",
        "`true` or `false`: allow `http://` to other machines, where tokens travel in the clear",
        "true",
    ),
];

/// What a variable or a member is expected to hold.
pub(super) fn expected(name: &str) -> Option<&'static Variable> {
    let listed = |name: &str| VARIABLES.iter().find(|variable| variable.name == name);
    listed(name).or_else(|| {
        let (object, member) = name.rsplit_once('.')?;
        listed(&format!("{}.{member}", table_name(object)))
    })
}

/// The members that an object is expected to have, by the object's name: `MASTER_NODE`, `EXTRA_NODES.extra`.
pub(super) fn members(object: &str) -> Vec<&'static str> {
    let object = table_name(object);
    VARIABLES.iter().filter_map(|variable| variable.name.strip_prefix(object)?.strip_prefix('.')).collect()
}

/// How [`VARIABLES`] calls an object: an extra node may have any name.
fn table_name(object: &str) -> &str {
    if object.starts_with("EXTRA_NODES.") { "EXTRA_NODES.<name>" } else { object }
}
