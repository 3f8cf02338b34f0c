//! A target in front of a server of the testkit, and plans as core makes them.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deployer_core::document::SourceText;
use deployer_core::model::{Desired, Entity, NodeName, NodePlan, Observed, Origin, SecretName, Variables};
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::{NodeTarget, Secrets, Step};
use deployer_core::{Error, Result, SecretValue};
use deployer_target_node::NODE;
use deployer_testkit::engine::stages::diff;
use deployer_testkit::server::Server;

/// The token that every test uses.
pub(crate) const TOKEN: &str = "jwt";

/// Builds the plugin from its settings, with the token in `$SESAM_JWT`.
pub(crate) fn build(settings: &str, token: &str) -> Result<Arc<dyn NodeTarget>> {
    let context = Context::new("test").with_variables([("SESAM_JWT", token)].into_iter().collect());
    let source = SourceText::new("deployer.toml", settings);
    let Build::Target(build) = NODE.build else { panic!("a target") };
    build(Section::parse("nodes.master", &source)?, &context)
}

/// A JWT with a payload; nobody signed it.
pub(crate) fn jwt(payload: &str) -> String {
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
}

/// The embedded node behind a server that can be told to fail.
pub(crate) struct World {
    pub(crate) node: sesam_node::Node,
    pub(crate) server: Server,
}

impl World {
    pub(crate) fn new() -> Self {
        let node = sesam_node::Node::builder().jwt(TOKEN).build().expect("a node in memory");
        Self { server: Server::http(node.router()), node }
    }

    /// The target, with further lines of settings.
    pub(crate) fn target(&self, more: &str) -> Arc<dyn NodeTarget> {
        target(&self.server, more)
    }

    /// The requests that would change something, as `PUT /api/env`.
    pub(crate) fn writes(&self) -> Vec<String> {
        let writes = self.server.log().entries().into_iter().filter(|entry| entry.method != "GET");
        writes.map(|entry| format!("{} {}", entry.method, entry.path)).collect()
    }
}

/// The target of any server.
pub(crate) fn target(server: &Server, more: &str) -> Arc<dyn NodeTarget> {
    let settings = format!("url = {:?}\ntoken = {{ env = \"SESAM_JWT\" }}\n{more}", server.url(""));
    build(&settings, TOKEN).expect("settings")
}

/// A server that gives the same answer to everything.
pub(crate) fn always(status: u16, content_type: &'static str, body: &'static str) -> Server {
    let status = axum::http::StatusCode::from_u16(status).expect("a status");
    Server::http(
        Router::new().fallback(move || async move { (status, [("content-type", content_type)], body) }),
    )
}

/// Entities as if read from files below `pipes/` and `systems/`.
pub(crate) fn entities(texts: &[&str]) -> Vec<Entity> {
    let read = |text: &&str| {
        let parsed = SourceText::new("", *text).parse().expect("JSON");
        let path = Entity::new(parsed.root, Origin::File(SourceText::new("", *text)))
            .expect("an entity")
            .file_path();
        let source = SourceText::new(path, *text);
        let root = source.parse().expect("JSON").root;
        Entity::new(root, Origin::File(source)).expect("an entity")
    };
    texts.iter().map(read).collect()
}

/// A pipe that any node takes.
pub(crate) fn pipe(id: &str, value: u32) -> String {
    format!(
        "{{\n  \"_id\": \"{id}\",\n  \"type\": \"pipe\",\n  \"source\": {{\n    \"type\": \"embedded\",\n    \"entities\": [{{\"_id\": \"{value}\"}}]\n  }}\n}}\n"
    )
}

/// What a node should hold.
pub(crate) fn desired(entities: Vec<Entity>, variables: Option<&str>, secrets: &[&str]) -> Desired {
    let variables = variables.map(|text| {
        let source = SourceText::new("variables/variables-test.json", text);
        Variables::from_document(&source.parse().expect("JSON").root, &source).expect("variables")
    });
    let names: BTreeSet<SecretName> = secrets.iter().map(|name| SecretName::new(*name)).collect();
    Desired::default().with_entities(entities).with_variables(variables).with_secrets(Some(names))
}

/// A value for each secret that is wanted.
pub(crate) fn values(desired: &Desired) -> Secrets {
    let value = |name: &SecretName| (name.clone(), SecretValue::new(format!("value of {name}")));
    desired.secrets.iter().flatten().map(value).collect()
}

/// The plan from what is observed to what is desired.
pub(crate) fn plan(target: &dyn NodeTarget, desired: Desired, observed: &Observed) -> NodePlan {
    diff(&NodeName::master(), "test", None, &target.location(), desired, observed)
}

/// Observes, plans and prepares.
pub(crate) async fn prepare(target: &dyn NodeTarget, desired: Desired) -> Result<Vec<Box<dyn Step>>> {
    let observed = target.observe().await?;
    let secrets = values(&desired);
    target.prepare(&plan(target, desired, &observed), &secrets).await
}

/// Observes, plans, prepares and executes; the names and details of the steps.
pub(crate) async fn deploy(target: &dyn NodeTarget, desired: Desired) -> Result<Vec<String>, Error> {
    let mut done = Vec::new();
    for step in prepare(target, desired).await? {
        let outcome = step.execute().await?;
        done.push(format!("{}: {}", step.name(), outcome.detail));
    }
    Ok(done)
}
