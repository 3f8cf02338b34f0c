use deployer_core::document::SourceText;
use deployer_core::plugin::Section;

use super::*;

fn resolved(text: &str, variables: &[(&str, &str)]) -> Result<Resolved> {
    let source = SourceText::new("deployer.toml", text);
    let mut context = Context::new("prod");
    context.variables = variables.iter().copied().collect();
    Section::parse("stores.main", &source)?.read::<Settings>()?.resolve("[stores.main]", &context)
}

#[test]
fn every_way_to_log_in_is_read_and_shows_no_credential() {
    let variables = [
        ("SECRET", "hunter2hunter2"),
        ("AWS_ACCESS_KEY_ID", "hunter2-key"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2-secret"),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://actions.example/token?x=1"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hunter2-bearer"),
        ("SYSTEM_OIDCREQUESTURI", "https://dev.azure.com/oidc"),
        ("SYSTEM_ACCESSTOKEN", "hunter2-access"),
    ];
    for login in [
        "token = { token = { env = \"SECRET\" } }",
        "github = { token = { env = \"SECRET\" }, mount = \"auth/hub\" }",
        "approle = { role_id = { env = \"SECRET\" }, wrapped_secret_id = { env = \"SECRET\" } }",
        "userpass = { username = \"bob\", password = { env = \"SECRET\" } }",
        "ldap = { username = \"DOMAIN\\\\bob\", password = { env = \"SECRET\" } }",
        "radius = { username = \"bob@example.org\", password = { env = \"SECRET\" } }",
        "kubernetes = { role = \"deployer\", token = { env = \"SECRET\" } }",
        "jwt = { token = { env = \"SECRET\" } }",
        "jwt = { role = \"deployer\", github_actions = { audience = \"x\" } }",
        "jwt = { gitlab = { variable = \"SECRET\" } }",
        "jwt = { azure_pipelines = { service_connection = \"id\" } }",
        "aws = { role = \"deployer\", region = \"eu-north-1\", server_id = \"vault.example\" }",
        "azure = { role = \"deployer\", client_id = \"id\", vm_name = \"machine\" }",
    ] {
        let text = format!("address = \"https://vault\"\nmount = \"secret\"\nlogin = {{ {login} }}\n");
        let made = resolved(&text, &variables).unwrap_or_else(|error| panic!("{login}: {error:?}"));
        let shown = format!("{made:?}");
        assert!(!shown.contains("hunter2"), "{login}: {shown}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let token = "login = { token = { token = { env = \"TOKEN\" } } }";
    for (lines, expected) in [
        ("kv_version = 3", "kv_version: expected 1 or 2"),
        ("kv_version = 1\nversions = { \"a\" = 1 }", "keeps no versions"),
        ("versions = { \"a//b\" = 1 }", "is no path below the mount"),
        ("allow_redirects_to = [\"http://elsewhere.example\"]", "`allow_redirects_to`"),
        ("naming = \"bundel\"", "did you mean `bundle`?"),
        ("naming = { template = \"{nmae}\" }", "unknown placeholder `{nmae}`"),
    ] {
        let text = format!("address = \"https://vault\"\nmount = \"secret\"\n{lines}\n{token}\n");
        let error = resolved(&text, &[("TOKEN", "token")]).expect_err(expected);
        assert!(format!("{error:?}").contains(expected), "{error:?}");
    }
    for (login, expected) in [
        ("userpass = { username = \"a/b\", password = { env = \"SECRET\" } }", "`username`"),
        ("ldap = { username = \"\", password = { env = \"ABSENT\" } }", "`username`"),
        (
            "approle = { role_id = { env = \"SECRET\" }, secret_id = { env = \"SECRET\" }, wrapped_secret_id = { env = \"SECRET\" } }",
            "exclude each other",
        ),
        ("jwt = { role = \"x\" }", "exactly one of"),
        ("aws = { role = \"x\" }", "AWS_ACCESS_KEY_ID"),
        ("aws = { sts_endpoint = \"http://sts.example\" }", "token service"),
        ("cert = {}", "http.client_certificate"),
    ] {
        let text = format!("address = \"https://vault\"\nmount = \"secret\"\nlogin = {{ {login} }}\n");
        let error = resolved(&text, &[("SECRET", "secret-0001")]).expect_err(expected);
        assert!(format!("{error:?}").contains(expected), "{login}: {error:?}");
    }
    let error =
        resolved(&format!("mount = \"secret\"\n{token}\n"), &[("TOKEN", "t")]).expect_err("no address");
    assert!(format!("{error:?}").contains("VAULT_ADDR"), "{error:?}");
}

#[test]
fn an_address_can_end_in_the_version_of_the_api() {
    for address in ["https://vault/v1", "https://vault/v1/", "https://vault", "https://vault/"] {
        assert_eq!(without_version(address).trim_end_matches('/'), "https://vault", "{address}");
    }
    assert_eq!(without_version("https://host/team/v1"), "https://host/team");
    assert_eq!(without_version("https://host/v10"), "https://host/v10");
}
