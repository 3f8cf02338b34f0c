//! `test`, `run`, `verify` and `update`: the output of pipes against expected files.

mod differing;
mod node;
mod outputs;
mod pinned;
mod run;
mod suite;
mod trouble;
mod written;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use deployer_core::error::{Note, Place};
use deployer_core::traits::{NodeData, NodeTarget, PipeState};
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::{Deployment, Runner};
use deployer_expectations::{Options, Spec};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::node::{
    base_now, data, invalid, one_node, post, refuse_dry_run, require_developer_mode, require_valid,
    take_switches_back,
};
use self::outputs::Question;
use self::suite::{Expectation, Suite};
use self::written::{Texts, write};
use super::begin::Begun;
use super::deploy;
use crate::cli::{Deploy, Outputs, Part, Run, Shown, Test, Update};
use crate::exit::Exit;
use crate::files;
use crate::output::{junit, test};
use crate::session::{Scope, Session};
use crate::settings::Built;
use crate::state::{self, SharedPlace};
use crate::tested::{CaseResult, Tested};

/// The environment of a test, if the settings file defines it and no other is asked for.
pub(crate) const ENVIRONMENT: &str = "ci";

/// What to do where specs are missing.
const MAKES_SPECS: &str = "`sesam-deployer update` makes a spec for each pipe that is tested";

/// The parts of a test.
#[derive(Debug, Default)]
struct Job {
    /// The options of the upload, if there is one.
    upload: Option<Deploy>,
    with_secrets: bool,
    /// The state folder that the command line names.
    state: Option<PathBuf>,
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
    let runs = if arguments.skip.contains(&Part::Run) { 0 } else { arguments.runs };
    if uploads {
        session.prepare_to_write(&deploy)?;
    }
    if uploads || runs > 0 {
        refuse_dry_run(session)?;
    }
    let job = Job {
        upload: uploads.then_some(deploy),
        with_secrets: arguments.with_secrets,
        state: arguments.state.clone(),
        runs,
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
    if with_secrets { Scope::Targets } else { Scope::NodesAndState }
}

impl Job {
    async fn carry_out(&self, session: &Session<'_>) -> Result<Exit> {
        let scope = if self.changes_node() { scope(self.with_secrets) } else { Scope::Nodes };
        let Built { mut deployment, state, .. } = session.built(scope).await?;
        let (mut tested, mut begun) = (Tested::default(), None);
        let done = self.carry_out_on(session, &mut deployment, state.as_ref(), &mut begun, &mut tested).await;
        if let Err(error) = done {
            tested.error = Some(error);
        }
        let release = async {
            match &begun {
                Some(begun) => begun.release(session).await,
                None => None,
            }
        };
        let (closed, released) = tokio::join!(deployment.close(&session.runner), release);
        session.finish(closed.into_iter().chain(released).collect());
        self.show(session, &tested)?;
        Ok(exit(&tested))
    }

    /// Whether the node is changed, and not only read.
    fn changes_node(&self) -> bool {
        self.upload.is_some() || self.runs > 0
    }

    async fn carry_out_on(
        &self,
        session: &Session<'_>,
        deployment: &mut Deployment,
        place: Option<&SharedPlace>,
        begun: &mut Option<Arc<Begun>>,
        tested: &mut Tested,
    ) -> Result<()> {
        let runner = &session.runner;
        let target = one_node(deployment)?;
        let data = data(&*target)?;
        if self.upload.is_some() {
            deployment.test_switches = true;
            if !self.with_secrets {
                deployment.verify.secrets = false;
                deployment.nodes.iter_mut().for_each(|node| node.upload_secrets = false);
            }
        }
        let suite = match &self.outputs {
            Some(outputs) => self.suite(outputs, session, deployment, tested).await?,
            None => Suite::default(),
        };
        if self.changes_node() {
            *begun = Some(self.prepare(session, deployment, place, (&*target, data)).await?);
        }
        let (mut base, mut has_written) = (None, false);
        let mut done = Ok(Texts::new());
        if self.upload.is_none() && self.runs > 0 {
            base = Some(runner.read("read the node", || target.base()).await);
        }
        if let (Some(arguments), Some(begun)) = (&self.upload, begun.as_ref()) {
            let uploaded;
            (has_written, uploaded) = deploy::upload(session, arguments, deployment, begun, data).await;
            match uploaded {
                Ok(()) => base = Some(runner.read("read the node", || target.base()).await),
                Err(error) => done = Err(error),
            }
        }
        if done.is_ok() {
            done = self.work(session, data, &suite, tested).await;
        }
        let mut is_ours = true;
        if let Some(base) = base {
            match (base, base_now(&*target, runner).await) {
                (Ok(base), Ok(now)) => is_ours = base == now,
                (Err(error), _) | (_, Err(error)) => done = done.and(Err(error)),
            }
        }
        if has_written {
            take_switches_back(session, deployment, is_ours).await;
        }
        if !is_ours || done.is_err() {
            let is_result = |result: &CaseResult| {
                matches!(result, CaseResult::Passed | CaseResult::Differs(_) | CaseResult::Updated)
            };
            let void = tested.cases.iter_mut().filter(|case| is_result(&case.result));
            void.for_each(|case| case.result = CaseResult::NotReached);
        }
        let texts = done?;
        if !is_ours {
            let message = format!(
                "somebody else changed {} during the test, so that its results are void",
                target.location()
            );
            return Err(Error::new(Kind::Refused, message)
                .with_hint("a node can be used by one test at a time; test again"));
        }
        match write(Path::new(&deployment.source.location()), &texts) {
            Ok(()) => {
                let (written, removed): (Texts, Texts) =
                    texts.into_iter().partition(|(_, text)| text.is_some());
                tested.written = written.into_keys().collect();
                tested.removed = removed.into_keys().collect();
            }
            Err(error) => {
                let updated =
                    tested.cases.iter_mut().filter(|case| matches!(case.result, CaseResult::Updated));
                updated.for_each(|case| case.result = CaseResult::NotWritten);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Reads the specs, and before an upload the configuration too, so that everything wrong with files is reported before anything is sent.
    async fn suite(
        &self,
        Outputs { only, .. }: &Outputs,
        session: &Session<'_>,
        deployment: &mut Deployment,
        tested: &mut Tested,
    ) -> Result<Suite> {
        let snapshot = pinned::pin(deployment, &session.runner).await?;
        let is_compared =
            |spec: &Spec| !self.is_update && !spec.ignore && (only.is_empty() || only.contains(&spec.pipe));
        let (suite, mut problems) = suite::read(deployment, snapshot, is_compared, &session.runner).await?;
        session.finish(suite.notes.clone());
        tested.cases = outputs::unreached(&suite, only);
        if self.upload.is_some() {
            match deployment.check(&session.runner).await {
                Ok(checked) => {
                    let entities = checked.nodes.iter().flat_map(|(_, desired)| &desired.entities);
                    let deployed: BTreeSet<&str> = entities.map(|entity| &**entity.id()).collect();
                    let compared = suite.specs.iter().filter(|it| is_compared(&it.spec) && !it.has_file);
                    let absent = compared.filter(|it| deployed.contains(it.spec.pipe.as_str()));
                    problems.extend(absent.map(Expectation::absent));
                }
                Err(error) if problems.is_empty() || error.kind() != Kind::Verification => return Err(error),
                Err(error) if error.related().is_empty() => problems.push(error),
                Err(error) => problems.extend(error.related().iter().cloned()),
            }
        }
        if problems.is_empty() {
            return Ok(suite);
        }
        let message =
            format!("{} problems were found in the files of the test; nothing was written", problems.len());
        Err(Error::together(Kind::Verification, message, problems))
    }

    /// Locks the node. Nothing is sent to it yet.
    async fn prepare(
        &self,
        session: &Session<'_>,
        deployment: &Deployment,
        place: Option<&SharedPlace>,
        (target, data): (&dyn NodeTarget, &dyn NodeData),
    ) -> Result<Arc<Begun>> {
        let is_on = session.runner.read("read the node", || data.is_developer_mode()).await?;
        require_developer_mode(target, is_on)?;
        let (targets, stop) = (state::targets(deployment), CancellationToken::new());
        let purpose = if self.outputs.is_some() { "test" } else { "run" };
        let options = Deploy { state: self.state.clone(), ..Deploy::default() };
        Begun::new(session, &options, place, &targets, purpose, &stop).await
    }

    /// Everything between the upload and the last look at the node. Returns the files to write.
    async fn work(
        &self,
        session: &Session<'_>,
        data: &dyn NodeData,
        suite: &Suite,
        tested: &mut Tested,
    ) -> Result<Texts> {
        let runner = &session.runner;
        let question = self.outputs.as_ref().map(|outputs| Question {
            only: &outputs.only,
            is_update: self.is_update,
            options: Options { exact_integers: outputs.exact_integers, ..Options::default() },
        });
        if self.upload.is_some() || self.runs > 0 {
            let pipes = runner.read("read the state of the pipes", || data.pipes()).await?;
            require_valid(&pipes, tested)?;
            if let Some(question) = question {
                // Specs without a pipe are found before the pipes run.
                outputs::cases(suite, &pipes, Vec::new(), question)?;
            }
            if self.upload.is_some() {
                post(data, suite, &pipes, runner).await?;
            }
        }
        for _ in 0..self.runs {
            tested.ran = Some(false);
            let began = Instant::now();
            let ran = run::run(data, !suite.testdata.is_empty(), self.limit, runner).await;
            tested.run_time += began.elapsed();
            let run::Ran { verdict, troubled, notes } = ran?;
            session.finish(notes);
            tested.troubled = troubled;
            verdict?;
            tested.ran = Some(true);
        }
        let mut texts = Texts::new();
        let (Some(outputs), Some(question)) = (&self.outputs, question) else { return Ok(texts) };
        let pipes = runner.read("read the state of the pipes", || data.pipes()).await?;
        let mut cases = outputs::cases(suite, &pipes, invalid(&pipes, tested), question)?;
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
        if outputs.strict && tested.cases.is_empty() {
            let message = format!("{} has no specs for these pipes, and --strict is given", suite.folder);
            return Err(Error::new(Kind::Verification, message).with_hint(MAKES_SPECS));
        }
        if self.is_update {
            self.remove_specs(suite, &pipes, &mut texts, session);
        } else if suite.specs.is_empty() {
            let message = format!("{} has no specs: no output was compared; {MAKES_SPECS}", suite.folder);
            session.output.notes(&[Note::warning(message)]);
        }
        Ok(texts)
    }

    /// Plans the removal of specs whose pipe does not exist any more, or names them.
    fn remove_specs(&self, suite: &Suite, pipes: &[PipeState], texts: &mut Texts, session: &Session<'_>) {
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
        output.failures(&test::failures(tested));
        if !output.is_json() {
            output.result(if tested.differing() > 0 { "\n" } else { "" });
            output.heading(&test::summary(tested));
        }
        Ok(())
    }
}

fn exit(tested: &Tested) -> Exit {
    match &tested.error {
        // Before the pipes run, a node rejects the configuration or testdata.
        Some(error) if error.kind() == Kind::Rejected && tested.ran.is_none() => Exit::Verification,
        Some(error) => Exit::of(error),
        None if tested.failed() + tested.unjudged() > 0 => Exit::Failed,
        None if tested.missing() > 0 => Exit::Verification,
        None if tested.differing() > 0 => Exit::Changes,
        None => Exit::Done,
    }
}
