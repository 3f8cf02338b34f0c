//! The pipes that did not do all their work in a run.

use deployer_core::error::Note;
use deployer_core::traits::{NodeData, PipeEvent, PipeRole, PipeState};
use deployer_core::{Error, Result};
use deployer_engine::run::Runner;
use futures::stream::{self, StreamExt};

use crate::tested::Troubled;

/// How many pipes are looked at at once.
const AT_ONCE: usize = 8;
/// The most events of a pipe that are read.
const EVENTS: usize = 20;

/// The pipes that failed in the last run, have entities that wait, or have dead letters. What cannot be read is a warning: the verdict of the
/// run does not depend on it.
pub(super) async fn look(data: &dyn NodeData, runner: &Runner) -> (Vec<Troubled>, Vec<Note>) {
    let pipes = match runner.read("read the state of the pipes", || data.pipes()).await {
        Ok(pipes) => pipes,
        Err(error) => return (Vec::new(), vec![unseen("the pipes", &error)]),
    };
    let own = pipes.iter().filter(|pipe| pipe.role != PipeRole::Foreign);
    let looks = own.map(|pipe| async move { (pipe, of_pipe(pipe, data, runner).await) });
    let looked: Vec<_> = stream::iter(looks).buffered(AT_ONCE).collect().await;
    let (mut troubled, mut notes) = (Vec::new(), Vec::new());
    for (pipe, (found, error)) in looked {
        troubled.extend(found);
        notes.extend(error.map(|error| unseen(&format!("the pipe {}", pipe.id), &error)));
    }
    (troubled, notes)
}

fn unseen(what: &str, error: &Error) -> Note {
    Note::warning(format!("it is not known whether {what} did all the work of the run: {error}"))
}

async fn of_pipe(
    pipe: &PipeState,
    data: &dyn NodeData,
    runner: &Runner,
) -> (Option<Troubled>, Option<Error>) {
    let (dead_letters, unread) = read_or(0, dead_letters(pipe, data, runner).await);
    let (failure, unseen) = read_or(None, failure(pipe, data, runner).await);
    let has_failed = pipe.success == Some(false);
    // The run does not empty the queues of pipes that send data out of the node.
    let queue = if pipe.role == PipeRole::Internal { pipe.queue } else { 0 };
    let message = pipe.message.clone();
    let troubled = (has_failed || queue > 0 || dead_letters > 0).then(|| Troubled {
        pipe: pipe.id.clone(),
        has_failed,
        message,
        failure,
        queue,
        dead_letters,
    });
    (troubled, unread.or(unseen))
}

fn read_or<T>(nothing: T, read: Result<T>) -> (T, Option<Error>) {
    match read {
        Ok(read) => (read, None),
        Err(error) => (nothing, Some(error)),
    }
}

async fn dead_letters(pipe: &PipeState, data: &dyn NodeData, runner: &Runner) -> Result<u64> {
    let Some(dataset) = &pipe.dead_letters else { return Ok(0) };
    runner.read("read how many dead letters a pipe has", || data.entities_in(dataset)).await
}

async fn failure(pipe: &PipeState, data: &dyn NodeData, runner: &Runner) -> Result<Option<String>> {
    if pipe.success != Some(false) {
        return Ok(None);
    }
    let events = runner.read("read the execution log of a pipe", || data.log(&pipe.id, EVENTS)).await?;
    Ok(newest_failure(&events).map(|event| event.text.clone()))
}

/// The newest `pump-failed` of the last run. `events` are the latest ones, the oldest first.
fn newest_failure(events: &[PipeEvent]) -> Option<&PipeEvent> {
    let mut last_run = events.iter().rev().take_while(|event| event.kind != "pump-started");
    last_run.find(|event| event.kind == "pump-failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failure_of_an_earlier_run_is_not_that_of_the_last_one() {
        let failure = |kinds: &[&str]| {
            let events = kinds.iter().zip(0..).map(|(kind, number): (&&str, u32)| {
                PipeEvent::new(String::new(), (*kind).to_owned(), number.to_string())
            });
            newest_failure(&events.collect::<Vec<_>>()).map(|event| event.text.clone())
        };
        assert_eq!(failure(&["pump-failed", "pump-started", "read-error"]), None);
        assert_eq!(failure(&["pump-started", "pump-failed"]).as_deref(), Some("1"));
        assert_eq!(failure(&["pump-failed", "pump-failed", "write-error"]).as_deref(), Some("1"));
        assert_eq!(failure(&[]), None);
    }
}
