//! `node`: the embedded Sesam node.

use deployer_core::plugin::{Context, Credential, ProcessVariables};
use deployer_core::{Error, Kind, Redactor, Result};
use tokio_util::sync::CancellationToken;
use tracing::level_filters::LevelFilter;

use crate::cli::{Global, NodeArguments};
use crate::exit::Exit;
use crate::output::Output;

pub(crate) async fn run(
    global: &Global,
    arguments: &NodeArguments,
    variables: &ProcessVariables,
    redactor: Redactor,
    cancel: &CancellationToken,
    output: &Output,
) -> Result<Exit> {
    output.start_log(global.level().map_or(LevelFilter::WARN, |(level, _)| level));
    let context = Context::new("node").with_variables(variables.clone()).with_redactor(redactor);
    let token = Credential::Env { name: arguments.jwt.clone(), field: Vec::new() }.resolve(&context)?;
    let node = sesam_node::Node::builder().jwt(wire_token(&token)).deploying_polls(arguments.deploying);
    let node = match &arguments.data {
        Some(folder) => node.data_dir(folder),
        None => node,
    };
    let failed = |error: std::io::Error| Error::new(Kind::Io, "start the node").with_cause(error);
    let answers = arguments.answers.as_deref().map(sesam_node::Answers::read).transpose().map_err(failed)?;
    let canned = answers.as_ref().map_or(0, |answers| answers.paths().count());
    let node = match answers {
        Some(answers) => node.answers(answers),
        None => node,
    };
    let node = node.build().map_err(failed)?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", arguments.port)).await.map_err(failed)?;
    let running = node.serve(listener).map_err(failed)?;
    if let Some(folder) = &arguments.answers {
        let folder = folder.display();
        output.result(&format!("Canned answers: {canned} from {folder}. `GET /api/` lists them.\n"));
    }
    output.result(&format!(
        "Sesam node at {} with the token in ${}. Stop it with Ctrl-C.\n",
        running.url(),
        arguments.jwt
    ));
    cancel.cancelled().await;
    running.stop().await;
    Ok(Exit::Done)
}

#[expect(clippy::disallowed_methods, reason = "the node compares the token with the one that callers send")]
fn wire_token(token: &deployer_core::SecretValue) -> String {
    token.expose().to_owned()
}
