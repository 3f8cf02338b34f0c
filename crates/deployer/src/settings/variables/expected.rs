//! What each environment variable is expected to contain, with an example, for errors.

/// An environment variable, or a member of the JSON object in one, as `MASTER_NODE.URL` and `EXTRA_NODES.<name>.PROXY_NODE`; what it
/// contains; and an example.
pub(super) type Variable = (&'static str, &'static str, &'static str);

/// Every environment variable of the original and its fork, and those that are new here.
const VARIABLES: &[Variable] = &[
    ("NODE_FOLDER", "the folder of `node/` and usually `extra_nodes/`", "/data/configuration"),
    ("ENVIRONMENT", "the name of the environment: `ci`, `test`, `prod` or another", "test"),
    ("VERIFY_VARIABLES", "`true` or `false`: check that every `$ENV(name)` is defined", "true"),
    ("VERIFY_SECRETS", "`true` or `false`: read every `$SECRET(name)` from Vault", "true"),
    ("DRY_RUN", "`true` or `false`: do everything but the writing", "false"),
    (
        "MASTER_NODE",
        "a JSON object",
        r#"{"URL": "datahub-0000aaaa.sesam.cloud", "JWT": "…", "UPLOAD_VARIABLES": true, "UPLOAD_SECRETS": true}"#,
    ),
    ("MASTER_NODE.URL", "a text, the address of the node", "datahub-0000aaaa.sesam.cloud"),
    ("MASTER_NODE.JWT", "a text, the node's token", "…"),
    ("MASTER_NODE.UPLOAD_VARIABLES", "`true` or `false`", "true"),
    ("MASTER_NODE.UPLOAD_SECRETS", "`true` or `false`", "true"),
    ("MASTER_NODE.CONFIG_GROUP", "a text, the config group to deploy", "team-a"),
    (
        "EXTRA_NODES",
        "a JSON object with an object for each extra node",
        r#"{"extra": {"EXTRA_NODE_GIT_URL": "github.com/acme/extra.git", "EXTRA_NODE_GIT_USERNAME": "deployer", "EXTRA_NODE_GIT_TOKEN": "…", "EXTRA_NODE_GIT_BRANCH": "master", "EXTRA_NODE_TEMPLATE_PATH": "extra_nodes/extra/"}}"#,
    ),
    ("EXTRA_NODES.<name>.EXTRA_NODE_GIT_URL", "a text, a repository", "github.com/acme/extra.git"),
    ("EXTRA_NODES.<name>.EXTRA_NODE_GIT_USERNAME", "a text, the user of the token", "deployer"),
    ("EXTRA_NODES.<name>.EXTRA_NODE_GIT_TOKEN", "a text, a token that may push", "…"),
    ("EXTRA_NODES.<name>.EXTRA_NODE_GIT_BRANCH", "a text [default: the repository's branch]", "master"),
    ("EXTRA_NODES.<name>.EXTRA_NODE_TEMPLATE_PATH", "a path below NODE_FOLDER", "extra_nodes/extra/"),
    ("EXTRA_NODES.<name>.PROXY_NODE", "`true` or `false`", "false"),
    ("VAULT_URL", "the address of Vault", "https://vault.example.com"),
    ("VAULT_MOUNTING_POINT", "the mount of the secrets engine, KV version 2", "sesam/kv2"),
    ("VAULT_PATH_PREFIX", "a text that is put in front of the names of secrets", "manual/"),
    ("VAULT_AUTH", "`git-token` or `approle`", "git-token"),
    ("VAULT_GIT_TOKEN", "a GitHub token that Vault accepts", "ghp_…"),
    ("VAULT_APPROLE_ID", "the role id of an AppRole that needs no secret id", "…"),
    ("WHITELIST_FILE_PATH", "a path relative to `node/`", "deployment/whitelist-test.txt"),
    (
        "VERIFY_VARIABLES_FROM_FILES",
        "paths relative to `node/`, with `;` between them",
        "variables/all.json;variables/test.json",
    ),
    ("UPLOAD_VARIABLES_FROM_FILE", "a path relative to `node/`", "variables/variables-test.json"),
    ("SLACK_API_TOKEN", "the bot token of a Slack app", "xoxb-…"),
    ("SLACK_CHANNEL", "the id or name of a Slack channel", "C0123456789"),
    ("RELEASE_URL", "the address of the release of the run", "https://dev.azure.com/acme/…"),
    ("LOG_LEVEL", "`error`, `warn`, `info`, `debug`, `trace` or `off`; Python's names too", "INFO"),
    ("FORCE", "`true` or `false`: upload also what the node rejects, as the original did", "false"),
    ("ALLOW_HTTP", "`true` or `false`: send tokens in the clear over `http://`", "true"),
];

/// What is expected of a variable or a member.
pub(super) fn expected(name: &str) -> Option<&'static Variable> {
    let wanted = parts(name);
    VARIABLES.iter().find(|variable| parts(variable.0) == wanted)
}

/// The members that an object is expected to have, by the object's name: `MASTER_NODE`, `EXTRA_NODES.extra`. The object without a name is
/// that of the environment variables.
pub(super) fn members_of(object: &str) -> Vec<&'static str> {
    let object = table_name(object);
    let members = VARIABLES.iter().map(|variable| parts(variable.0));
    members.filter_map(|(of, member)| (of == object).then_some(member)).collect()
}

/// The object of a variable or member, and its name in it.
fn parts(name: &str) -> (&str, &str) {
    name.rsplit_once('.').map_or(("", name), |(object, member)| (table_name(object), member))
}

/// How [`VARIABLES`] names an object: an extra node can have any name.
fn table_name(object: &str) -> &str {
    if object.starts_with("EXTRA_NODES.") { "EXTRA_NODES.<name>" } else { object }
}
