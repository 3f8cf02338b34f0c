//! The node of a test: whether it can be used, and what it gets.

use std::sync::Arc;
use std::time::Duration;

use deployer_core::error::{Note, Place};
use deployer_core::model::{EntityKind, Fingerprint};
use deployer_core::traits::{NodeData, NodeTarget, PipeRole, PipeState};
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::{Deployment, Runner, Unattended};
use futures::stream::{self, StreamExt};

use super::suite::Suite;
use crate::session::Session;
use crate::tested::Tested;

/// How many files of testdata are posted at once.
const POSTS: usize = 8;

/// How long putting the node back can take after an interruption. Pipelines end a program by force some seconds after they asked it to stop.
const PUT_BACK: Duration = Duration::from_secs(3);

/// The target of the one node of the deployment.
pub(super) fn one_node(deployment: &Deployment) -> Result<Arc<dyn NodeTarget>> {
    let refused = |message: String| {
        Error::new(Kind::Refused, message)
            .with_hint("a test needs an environment with one node for the whole configuration; choose it with --environment, often `ci`")
    };
    if deployment.configuration.split || deployment.nodes.len() > 1 {
        let message = format!(
            "the environment {} has several nodes, or splits the configuration by owner",
            deployment.environment
        );
        return Err(refused(message));
    }
    let target = deployment.nodes.first().and_then(|node| node.target.clone());
    target.ok_or_else(|| {
        refused(format!("the environment {} has no node that pipes can be run on", deployment.environment))
    })
}

pub(super) fn data(target: &dyn NodeTarget) -> Result<&dyn NodeData> {
    target.data().ok_or_else(|| {
        Error::new(Kind::Refused, format!("{} cannot run pipes for a test", target.location()))
            .with_hint("a test needs a target of kind `node` without a config group")
    })
}

pub(super) fn require_developer_mode(target: &dyn NodeTarget, is_on: bool) -> Result<()> {
    if is_on {
        return Ok(());
    }
    let message =
        format!("{} is not in developer mode, so that its pipes are not run for a test", target.location());
    Err(Error::new(Kind::Refused, message)
        .with_hint("use a node for tests, and switch on its developer mode"))
}

/// Refuses to change a node in a dry run.
pub(super) fn refuse_dry_run(session: &Session<'_>) -> Result<()> {
    if !session.settings.dry_run {
        return Ok(());
    }
    let message = "a test changes its node, and DRY_RUN is set to true";
    Err(Error::new(Kind::Refused, message).with_hint("unset DRY_RUN, or run `verify`, which only reads"))
}

/// A problem for each pipe of the configuration that the node finds invalid.
pub(super) fn invalid(pipes: &[PipeState], tested: &mut Tested) -> Vec<Error> {
    let own = pipes.iter().filter(|pipe| pipe.role != PipeRole::Foreign);
    let invalid = own.filter(|pipe| !pipe.is_valid).map(|pipe| (pipe.id.clone(), pipe.problems.join("; ")));
    tested.invalid = invalid.collect();
    let problems = tested.invalid.iter().map(|(pipe, why)| {
        let error = Error::new(Kind::Verification, format!("the node finds the pipe {pipe} invalid"));
        if why.is_empty() { error } else { error.with_cause(why.clone()) }
    });
    problems.collect()
}

/// Refuses to go on while the node finds a pipe of the configuration invalid.
pub(super) fn require_valid(pipes: &[PipeState], tested: &mut Tested) -> Result<()> {
    let problems = invalid(pipes, tested);
    if problems.is_empty() {
        return Ok(());
    }
    let message = format!("{} pipes are invalid; nothing was run", problems.len());
    Err(Error::together(Kind::Verification, message, problems))
}

/// Posts the testdata. Every failure is named.
pub(super) async fn post(
    data: &dyn NodeData,
    suite: &Suite,
    pipes: &[PipeState],
    runner: &Runner,
) -> Result<()> {
    let is_there = |pipe: &str| pipes.iter().any(|it| it.id == pipe);
    let posts = suite.testdata.iter().filter(|(pipe, _)| is_there(pipe) || !suite.pipe_files.contains(*pipe));
    let posts = posts.map(|(pipe, path)| async move {
        let entities = suite.entities(path, runner).await?;
        let posted = runner.read("post testdata", || data.post(pipe, &entities)).await;
        posted.map_err(|error| error.at(Place::file(path.as_str())))
    });
    let posted: Vec<Result<()>> = stream::iter(posts).buffer_unordered(POSTS).collect().await;
    let failures: Vec<Error> = posted.into_iter().filter_map(Result::err).collect();
    if failures.is_empty() {
        return Ok(());
    }
    let message = format!("{} files of testdata were not posted", failures.len());
    Err(Error::together(Kind::Unavailable, message, failures))
}

/// The state of the node after the work, also after an interruption: nobody else's changes are overwritten.
pub(super) async fn base_now(target: &dyn NodeTarget, runner: &Runner) -> Result<Fingerprint> {
    let look = |runner: Runner| async move { runner.read("read the node", || target.base()).await };
    runner.put_back(PUT_BACK, look).await
}

/// Writes the configuration without the switches of the test, also after an interruption, if that is all that changes. What fails here is
/// a warning: the results stand.
pub(super) async fn take_switches_back(session: &Session<'_>, deployment: &mut Deployment, is_ours: bool) {
    deployment.test_switches = false;
    let deployment = &*deployment;
    let take_back = |runner: Runner| async move {
        let planned = deployment.plan(&runner).await?;
        let nodes = || planned.plan.nodes.iter();
        let mut entities = nodes().flat_map(|node| &node.entities);
        let is_other = entities.any(|change| change.kind != EntityKind::Metadata)
            || nodes().any(|node| !node.variables.is_empty());
        if !is_ours || is_other {
            return Err(Error::new(Kind::Conflict, "the node has something else than the test uploaded"));
        }
        deployment.apply(&planned, &Unattended, &runner).await.error.map_or(Ok(()), Err)
    };
    if let Err(error) = session.runner.put_back(PUT_BACK, take_back).await {
        let message = format!(
            "the node might still have the switches of the test, with which no pipe runs by itself: {error}; \
             `sesam-deployer deploy` writes the configuration without them"
        );
        session.output.notes(&[Note::warning(message)]);
    }
}
