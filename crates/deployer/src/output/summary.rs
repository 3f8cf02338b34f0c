//! The last line of a deploy: what changed where, and what was written.

use deployer_core::model::{Outcome, Plan, Receipt, StepOutcome};

use super::text::{Tense, changes, totals};

/// The line for the terminal.
pub fn line(outcome: Outcome, plan: &Plan, receipt: Option<&Receipt>) -> String {
    let environment = &plan.environment;
    match outcome {
        Outcome::Planned => {
            format!("Dry run, nothing was written. {environment}: {}", changes(plan, Tense::Ahead))
        }
        Outcome::NothingToDo => format!("Nothing to do. {environment}: {}", changes(plan, Tense::Done)),
        Outcome::Deployed => format!("Deployed to {environment}. {}", changes(plan, Tense::Done)),
        Outcome::Failed => match written(receipt) {
            Some(written) => {
                format!(
                    "Failed half-way. Written: {written}. Planned for {environment}: {}",
                    changes(plan, Tense::Ahead)
                )
            }
            None => format!(
                "Failed, nothing was left written. Planned for {environment}: {}",
                changes(plan, Tense::Ahead)
            ),
        },
    }
}

/// The line for a notification, which names outcome, environment and nodes itself; where the source has revisions, with the one that
/// was deployed.
pub fn notice(outcome: Outcome, plan: &Plan, receipt: Option<&Receipt>) -> String {
    let mut line = match outcome {
        Outcome::Planned => totals(plan, Tense::Ahead),
        Outcome::NothingToDo | Outcome::Deployed => totals(plan, Tense::Done),
        Outcome::Failed => match written(receipt) {
            Some(written) => format!("half-way. Written: {written}"),
            None => "nothing was left written".to_owned(),
        },
    };
    if let Some(revision) = &plan.revision {
        line.push_str(&format!("; from {}", revision.short()));
    }
    line
}

/// The steps that stand, by node, and those of which nobody knows; none where there are none.
fn written(receipt: Option<&Receipt>) -> Option<String> {
    let nodes = receipt?.nodes.iter().filter_map(|node| {
        let steps = node.steps.iter().filter_map(|step| match step.outcome {
            StepOutcome::Done(_) | StepOutcome::NotPutBack(_) => Some(step.name.clone()),
            StepOutcome::Unknown(_) => Some(format!("unknown: {}", step.name)),
            StepOutcome::PutBack(_) | StepOutcome::Failed(_) | StepOutcome::NotDone => None,
        });
        let steps: Vec<String> = steps.collect();
        (!steps.is_empty()).then(|| format!("{} ({})", node.node, steps.join(", ")))
    });
    let nodes: Vec<String> = nodes.collect();
    (!nodes.is_empty()).then(|| nodes.join("; "))
}

#[cfg(test)]
mod tests {
    use deployer_core::model::{NodeName, NodeReceipt, Revision, StepReceipt};
    use deployer_core::{Error, Kind};

    use super::*;

    fn receipt(outcomes: Vec<(&str, StepOutcome)>) -> Receipt {
        let step = |(name, outcome): (&str, StepOutcome)| StepReceipt {
            name: name.to_owned(),
            outcome,
            notes: Vec::new(),
        };
        let steps = outcomes.into_iter().map(step).collect();
        Receipt {
            nodes: vec![NodeReceipt {
                node: NodeName::master(),
                target: String::new(),
                steps,
                aftermath: None,
            }],
        }
    }

    #[test]
    fn a_failure_names_the_steps_that_stand() {
        let error = || Error::new(Kind::Timeout, "no answer");
        let plan =
            Plan { environment: "test".to_owned(), revision: None, nodes: Vec::new(), notes: Vec::new() };
        let half_way = receipt(vec![
            ("send secrets", StepOutcome::Done("1 secret".to_owned())),
            ("set variables", StepOutcome::PutBack("2 variables".to_owned())),
            ("upload configuration", StepOutcome::Unknown(error())),
        ]);
        assert_eq!(
            notice(Outcome::Failed, &plan, Some(&half_way)),
            "half-way. Written: master (send secrets, unknown: upload configuration)"
        );
        let nothing = receipt(vec![("upload configuration", StepOutcome::Failed(error()))]);
        let revision = Some(Revision::new("host/a@0123456789abcdef0123456789abcdef01234567"));
        assert_eq!(
            notice(Outcome::Failed, &Plan { revision, ..plan.clone() }, Some(&nothing)),
            "nothing was left written; from host/a@0123456789ab"
        );
        assert_eq!(notice(Outcome::Failed, &plan, Some(&nothing)), "nothing was left written");
        assert!(
            line(Outcome::Failed, &plan, None)
                .starts_with("Failed, nothing was left written. Planned for test: ")
        );
    }
}
