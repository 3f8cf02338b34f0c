//! `test`, `run`, `verify` and `update`: the output of pipes against expected files.

mod outputs;
mod run;
mod suite;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use deployer_core::error::{Note, Place};
use deployer_core::model::{Action, EntityKind};
use deployer_core::traits::{NodeData, NodeTarget, PipeRole, PipeState};
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::{Deployment, Runner, Unattended};
use deployer_expectations::Options;
use futures::stream::{self, StreamExt};

use self::outputs::Question;
use self::suite::Suite;
use super::deploy;
use crate::cli::{Deploy, Outputs, Part, Run, Shown, Test, Update};
use crate::exit::Exit;
use crate::files;
use crate::output::{junit, test};
use crate::session::{Scope, Session};
use crate::tested::{CaseResult, Tested};

/// How many files of testdata are posted at once.
const POSTS: usize = 8;

/// The parts of a test.
#[derive(Debug, Default)]
struct Job {
    /// The options of the upload, if there is one.
    upload: Option<Deploy>,
    with_secrets: bool,
    /// How often the pipes are run.
    runs: u32,
    limit: Duration,
    /// How outputs are compared, if they are.
    outputs: Option<Outputs>,
    /// Whether expected files are written.
    is_update: bool,
    /// Whether specs without a pipe are removed.
    removes_specs: bool,
}

/// `test`
pub(crate) async fn test(session: &mut Session<'_>, arguments: &Test) -> Result<Exit> {
    let deploy = Deploy {
        yes: arguments.yes,
        state: arguments.state.clone(),
        no_snapshot: arguments.no_snapshot,
        shown: Shown { summary: true, full: false },
        ..Deploy::default()
    };
    let uploads = !arguments.skip.contains(&Part::Upload);
    if uploads {
        session.prepare_to_write(&deploy)?;
        refuse_dry_run(session)?;
    }
    let job = Job {
        upload: uploads.then_some(deploy),
        with_secrets: arguments.with_secrets,
        runs: if arguments.skip.contains(&Part::Run) { 0 } else { arguments.runs },
        limit: Duration::from_secs(arguments.max_run_time),
        outputs: Some(arguments.outputs.clone()),
        is_update: arguments.update,
        removes_specs: arguments.yes,
    };
    job.carry_out(session).await
}

/// `run`
pub(crate) async fn run(session: &Session<'_>, arguments: &Run) -> Result<Exit> {
    refuse_dry_run(session)?;
    let limit = Duration::from_secs(arguments.max_run_time);
    Job { runs: 1, limit, ..Job::default() }.carry_out(session).await
}

/// `verify`
pub(crate) async fn verify(session: &Session<'_>, arguments: &Outputs) -> Result<Exit> {
    Job { outputs: Some(arguments.clone()), ..Job::default() }.carry_out(session).await
}

/// `update`
pub(crate) async fn update(session: &Session<'_>, arguments: &Update) -> Result<Exit> {
    let outputs = Some(arguments.outputs.clone());
    let job = Job { outputs, is_update: true, removes_specs: arguments.yes, ..Job::default() };
    job.carry_out(session).await
}

/// The plugins that a test needs: the stores only if secrets are sent.
pub(crate) fn scope(with_secrets: bool) -> Scope {
    if with_secrets { Scope::Targets } else { Scope::Nodes }
}

fn refuse_dry_run(session: &Session<'_>) -> Result<()> {
    if !session.settings.dry_run {
        return Ok(());
    }
    let message = "a test changes its node, and DRY_RUN is set to true";
    Err(Error::new(Kind::Refused, message).with_hint("unset DRY_RUN, or run `verify`, which only reads"))
}

impl Job {
    async fn carry_out(&self, session: &Session<'_>) -> Result<Exit> {
        let (mut deployment, _) = session.deployment(scope(self.with_secrets)).await?;
        let mut tested = Tested::default();
        let done = self.carry_out_on(session, &mut deployment, &mut tested).await;
        if let Err(error) = done {
            tested.error = Some(error);
        }
        session.finish(deployment.close(&session.runner).await);
        self.show(session, &tested)?;
        Ok(exit(&tested, self.outputs.as_ref()))
    }

    async fn carry_out_on(
        &self,
        session: &Session<'_>,
        deployment: &mut Deployment,
        tested: &mut Tested,
    ) -> Result<()> {
        let runner = &session.runner;
        let target = one_node(deployment)?;
        let data = data(&*target)?;
        let suite = if self.upload.is_some() || self.outputs.is_some() {
            suite::read(deployment, runner).await?
        } else {
            Suite::default()
        };
        session.finish(suite.notes.clone());
        if self.upload.is_some() || self.runs > 0 {
            let is_on = runner.read("read the node", || data.is_developer_mode()).await?;
            require_developer_mode(&*target, is_on)?;
        }
        let (mut base, mut has_written) = (None, false);
        let mut done = Ok(());
        if let Some(arguments) = &self.upload {
            // A run that somebody else left behind would go on with the new configuration.
            runner.read("stop running the pipes", || data.stop()).await?;
            deployment.test_switches = true;
            if !self.with_secrets {
                deployment.verify.secrets = false;
                deployment.nodes.iter_mut().for_each(|node| node.upload_secrets = false);
            }
            (has_written, done) = deploy::upload(session, arguments, deployment).await;
            if done.is_ok() {
                base = Some(runner.read("read the node", || target.base()).await);
            }
        }
        if done.is_ok() {
            let root = PathBuf::from(deployment.source.location());
            done = self.work(session, data, &suite, &root, tested).await;
        }
        let mut is_ours = true;
        if let Some(base) = base {
            match (base, runner.read("read the node", || target.base()).await) {
                (Ok(base), Ok(now)) => is_ours = base == now,
                (Err(error), _) | (_, Err(error)) => done = done.and(Err(error)),
            }
        }
        if has_written {
            take_switches_back(session, deployment, is_ours).await;
        }
        if !is_ours || done.is_err() {
            let is_result =
                |result: &CaseResult| matches!(result, CaseResult::Passed | CaseResult::Differs(..));
            let void = tested.cases.iter_mut().filter(|case| is_result(&case.result));
            void.for_each(|case| case.result = CaseResult::NotReached);
        }
        done?;
        if !is_ours {
            let message = format!(
                "somebody else changed {} during the test, so that its results are void",
                target.location()
            );
            return Err(Error::new(Kind::Refused, message)
                .with_hint("a node can be used by one test at a time; test again"));
        }
        Ok(())
    }

    /// Everything between the upload and the last look at the node.
    async fn work(
        &self,
        session: &Session<'_>,
        data: &dyn NodeData,
        suite: &Suite,
        root: &Path,
        tested: &mut Tested,
    ) -> Result<()> {
        let runner = &session.runner;
        if self.upload.is_some() {
            require_valid(data, tested, session).await?;
            post(data, suite, session).await?;
        }
        for _ in 0..self.runs {
            tested.ran = Some(false);
            tested.failed_pipes = run::run(data, !suite.testdata.is_empty(), self.limit, runner).await?;
            tested.ran = Some(true);
        }
        let Some(outputs) = &self.outputs else { return Ok(()) };
        let question = Question {
            only: &outputs.only,
            is_update: self.is_update,
            options: Options { exact_integers: outputs.exact_integers, ..Options::default() },
        };
        let pipes = runner.read("read the state of the pipes", || data.pipes()).await?;
        let mut cases = outputs::cases(suite, &pipes, question)?;
        let mut texts: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
        let take = |file: &str, text: Vec<u8>| drop(texts.insert(file.to_owned(), Some(text)));
        let notes = outputs::fetch(data, suite, &pipes, &mut cases, question, runner, take).await;
        for (number, case) in &cases {
            if number.is_none() && matches!(case.result, CaseResult::Updated) {
                texts.insert(format!("{}/{}.test.json", suite.folder, case.name), Some(b"{\n}".to_vec()));
            }
        }
        tested.cases = cases.into_iter().map(|(_, case)| case).collect();
        session.finish(notes);
        if runner.is_interrupted() {
            return Err(Runner::interrupted());
        }
        if self.is_update {
            self.remove_specs(suite, &pipes, &mut texts, session);
            tested.written = write(root, &texts)?;
        } else if suite.specs.is_empty() {
            let message = format!("{} has no specs: no output was compared", suite.folder);
            session.output.notes(&[Note::warning(
                message + "; `sesam-deployer update` makes a spec for each pipe that is tested",
            )]);
        }
        Ok(())
    }

    /// Plans the removal of specs whose pipe does not exist any more, or names them.
    fn remove_specs(
        &self,
        suite: &Suite,
        pipes: &[PipeState],
        texts: &mut BTreeMap<String, Option<Vec<u8>>>,
        session: &Session<'_>,
    ) {
        let is_gone = |pipe: &str| !suite.pipe_files.contains(pipe) && !pipes.iter().any(|it| it.id == pipe);
        let gone = suite.specs.iter().filter(|it| !it.spec.ignore && is_gone(&it.spec.pipe));
        let gone: Vec<&str> = gone.map(|it| it.path.as_str()).collect();
        if gone.is_empty() {
            return;
        }
        if self.removes_specs {
            texts.extend(gone.iter().map(|path| ((*path).to_owned(), None)));
            return;
        }
        let message = "specs are for pipes that do not exist any more; with --yes they are removed";
        session.output.notes(&[Note::warning(message).at_all(gone.iter().map(|path| Place::file(*path)))]);
    }

    fn show(&self, session: &Session<'_>, tested: &Tested) -> Result<()> {
        let output = session.output;
        if let Some(path) = self.outputs.as_ref().and_then(|outputs| outputs.junit.as_ref()) {
            files::write(path, &junit::document(tested, &|text| output.mask(text).0))?;
        }
        if output.is_json() {
            output.document(test::document(&session.settings.environment, tested));
        } else {
            output.result(&test::text(tested, output.result_style()));
        }
        for error in test::failures(tested) {
            output.failure(&error);
        }
        if !output.is_json() {
            output.heading(&test::summary(tested));
        }
        Ok(())
    }
}

fn exit(tested: &Tested, outputs: Option<&Outputs>) -> Exit {
    let wants_specs = outputs.is_some_and(|outputs| outputs.fail_without_specs);
    match &tested.error {
        Some(error) => Exit::of(error),
        None if tested.failed() > 0 => Exit::Failed,
        None if tested.missing() > 0 || (wants_specs && tested.cases.is_empty()) => Exit::Verification,
        None if tested.differing() > 0 => Exit::Changes,
        None => Exit::Done,
    }
}

/// The target of the one node of the deployment.
fn one_node(deployment: &Deployment) -> Result<Arc<dyn NodeTarget>> {
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

fn data(target: &dyn NodeTarget) -> Result<&dyn NodeData> {
    target.data().ok_or_else(|| {
        Error::new(Kind::Refused, format!("{} cannot run pipes for a test", target.location()))
            .with_hint("a test needs a target of kind `node` without a config group")
    })
}

fn require_developer_mode(target: &dyn NodeTarget, is_on: bool) -> Result<()> {
    if is_on {
        return Ok(());
    }
    let message =
        format!("{} is not in developer mode, so that its pipes are not run for a test", target.location());
    Err(Error::new(Kind::Refused, message)
        .with_hint("use a node for tests, and switch on its developer mode"))
}

/// Refuses to go on while the node finds a pipe of the configuration invalid.
async fn require_valid(data: &dyn NodeData, tested: &mut Tested, session: &Session<'_>) -> Result<()> {
    let pipes = session.runner.read("read the state of the pipes", || data.pipes()).await?;
    let own = pipes.into_iter().filter(|pipe| pipe.role != PipeRole::Foreign);
    let invalid = own.filter(|pipe| !pipe.is_valid).map(|pipe| (pipe.id, pipe.problems.join("; ")));
    tested.invalid = invalid.collect();
    if tested.invalid.is_empty() {
        return Ok(());
    }
    let problems = tested.invalid.iter().map(|(pipe, why)| {
        Error::new(Kind::Verification, format!("the node finds the pipe {pipe} invalid"))
            .with_cause(why.clone())
    });
    let problems: Vec<Error> = problems.collect();
    Err(Error::together(Kind::Verification, "pipes are invalid; nothing was run", problems))
}

/// Posts the testdata. Every failure is named.
async fn post(data: &dyn NodeData, suite: &Suite, session: &Session<'_>) -> Result<()> {
    let runner = &session.runner;
    let pipes = runner.read("read the state of the pipes", || data.pipes()).await?;
    let is_there = |pipe: &str| pipes.iter().any(|it| it.id == pipe);
    let posts = suite.testdata.iter().filter(|(pipe, _)| is_there(pipe) || !suite.pipe_files.contains(*pipe));
    let posts = posts.map(|(pipe, (path, entities))| async move {
        let posted = runner.read("post testdata", || data.post(pipe, entities)).await;
        posted.map_err(|error| error.at(Place::file(path.as_str())))
    });
    let posted: Vec<Result<()>> = stream::iter(posts).buffer_unordered(POSTS).collect().await;
    let mut failures: Vec<Error> = posted.into_iter().filter_map(Result::err).collect();
    match failures.len() {
        0 => Ok(()),
        1 => Err(failures.remove(0)),
        count => Err(Error::together(
            Kind::Unavailable,
            format!("{count} files of testdata were not posted"),
            failures,
        )),
    }
}

/// Writes the configuration without the switches of the test, unless somebody else has changed the node. What fails here is a warning: the
/// results stand.
async fn take_switches_back(session: &Session<'_>, deployment: &mut Deployment, is_ours: bool) {
    deployment.test_switches = false;
    let taken_back = async {
        if session.runner.is_interrupted() {
            return Err(Runner::interrupted());
        }
        let planned = deployment.plan(&session.runner).await?;
        let removed = planned.plan.nodes.iter().flat_map(|node| &node.entities);
        let mut removed = removed.filter(|it| it.action == Action::Remove && it.kind != EntityKind::Metadata);
        if !is_ours || removed.next().is_some() {
            return Err(Error::new(Kind::Conflict, "somebody else changed the node"));
        }
        deployment.apply(&planned, &Unattended, &session.runner).await.error.map_or(Ok(()), Err)
    };
    if let Err(error) = taken_back.await {
        let message = format!(
            "the node still has the switches of the test, with which no pipe runs by itself: {error}; \
             `sesam-deployer deploy` writes the configuration without them"
        );
        session.output.notes(&[Note::warning(message)]);
    }
}

/// Writes and removes files of the configuration, all or none. Returns their paths.
fn write(root: &Path, texts: &BTreeMap<String, Option<Vec<u8>>>) -> Result<Vec<String>> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    if !root.is_dir() {
        return Err(Error::new(
            Kind::Refused,
            "the configuration is not read from a folder, so that no file can be written",
        )
        .with_hint("run `update` in a checkout, with a source of kind `folder`"));
    }
    let outside = texts
        .keys()
        .find(|path| path.split('/').any(|step| matches!(step, "" | "." | "..")) || path.contains('\\'));
    if let Some(path) = outside {
        return Err(Error::new(Kind::Refused, format!("{path:?} cannot be the name of an expected file"))
            .with_hint("give the spec of this pipe another `file`"));
    }
    files::replace_all(root, texts)?;
    Ok(texts.keys().cloned().collect())
}
