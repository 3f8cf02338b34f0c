//! The receipt for people.

use deployer_core::model::{Receipt, Settled, StepOutcome};

use super::escape::line;
use super::{Style, count, first_of};

/// One line per step: whether it was done, put back or failed.
pub fn receipt(receipt: &Receipt, style: Style) -> String {
    let mut text = String::new();
    for node in receipt.nodes.iter().filter(|node| !node.steps.is_empty()) {
        text.push_str(&format!("{} {}\n", style.bold(node.node.as_str()), style.dim(&line(&node.target))));
        for step in &node.steps {
            let (state, what) = match &step.outcome {
                StepOutcome::Done(what) => (style.green("done"), what.clone()),
                StepOutcome::PutBack(what) => (style.yellow("put back"), what.clone()),
                StepOutcome::NotPutBack(error) => (style.red("written, not put back"), error.to_string()),
                StepOutcome::Failed(_) => (style.red("failed"), "nothing was written".to_owned()),
                StepOutcome::Unknown(error) => (style.red("unknown"), error.to_string()),
                StepOutcome::NotDone => (style.dim("not done"), String::new()),
            };
            let what = if what.is_empty() { what } else { format!(": {}", line(&what)) };
            text.push_str(&format!("  {}: {state}{what}\n", step.name));
        }
        if let Some(aftermath) = &node.aftermath {
            text.push_str(&format!("  pipes: {}\n", pipes(&aftermath.state, style)));
        }
    }
    text
}

/// The most pipes that are named.
const MOST_PIPES: usize = 10;

fn pipes(state: &Settled, style: Style) -> String {
    match state {
        Settled::Deployed => style.green("deployed"),
        Settled::StillDeploying { pipes, limit } => {
            let names = first_of(&pipes.iter().map(String::as_str).collect::<Vec<_>>(), MOST_PIPES);
            let seconds = usize::try_from(limit.as_secs()).unwrap_or(usize::MAX);
            format!(
                "{} after {}: {names}",
                style.yellow("still deploying"),
                count(seconds, "second"),
                names = line(&names)
            )
        }
        Settled::Unknown(error) => format!("{}: {}", style.yellow("unknown"), line(&error.to_string())),
        Settled::Interrupted => style.yellow("unknown, the wait was interrupted"),
    }
}
