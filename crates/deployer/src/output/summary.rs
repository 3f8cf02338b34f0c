//! The last line of a deploy: what changed where, and what was written.

use deployer_core::Kind;
use deployer_core::model::{Outcome, Plan, Receipt, StepOutcome};

use super::escape;
use super::remarks;
use super::text::{Tense, changes, totals};

/// The line for the terminal. `failure` is the kind of failure that ended the run, if any.
pub fn line(outcome: Outcome, failure: Option<Kind>, plan: &Plan, receipt: Option<&Receipt>) -> String {
    let environment = &plan.environment;
    match outcome {
        Outcome::Planned => {
            format!("Dry run, nothing was written. {environment}: {}", changes(plan, Tense::Ahead))
        }
        Outcome::NothingToDo => format!("Nothing to do. {environment}: {}", changes(plan, Tense::Done)),
        Outcome::Deployed => format!("Deployed to {environment}. {}", changes(plan, Tense::Done)),
        // `Failed`; the other states of a watch have no summary.
        _ => {
            let planned = format!("Planned for {environment}: {}", changes(plan, Tense::Ahead));
            match written(receipt) {
                Some(written) => {
                    format!(
                        "Deploy failed after writing: {written}. Run `plan` to see what is left. {planned}"
                    )
                }
                None if failure == Some(Kind::Refused) => format!("Refused. Nothing was written. {planned}"),
                None => format!("Deploy failed. Nothing was written. {planned}"),
            }
        }
    }
}

/// The line for a notification, which names outcome, environment and nodes itself. It ends with the revision of the source, if any.
pub fn notice(outcome: Outcome, plan: &Plan, receipt: Option<&Receipt>) -> String {
    let mut line = match outcome {
        Outcome::Planned => totals(plan, Tense::Ahead),
        Outcome::NothingToDo | Outcome::Deployed => totals(plan, Tense::Done),
        // `Failed`; the other states of a watch have no summary.
        _ => match written(receipt) {
            Some(written) => format!("failed after writing: {written}"),
            None => "nothing was written".to_owned(),
        },
    };
    if let Some(revision) = &plan.revision {
        line.push_str(&format!("; from {}", revision.short()));
    }
    line
}

/// What a notification says in addition to the changes: secrets that are lost, protected entities that stay, entities that the node
/// cannot run, and changed pipes that failed.
pub fn remarks(plan: &Plan, receipt: Option<&Receipt>) -> Vec<String> {
    let planned = plan.nodes.iter().flat_map(remarks::sentences);
    let nodes = || receipt.into_iter().flat_map(|receipt| &receipt.nodes);
    let replanned = nodes().filter(|node| !node.replanned.is_empty());
    let replanned = replanned
        .map(|node| format!("{}: somebody else changed it during the run; it was planned again", node.node));
    let after = nodes().filter_map(|node| Some((&node.node, node.aftermath.as_ref()?)));
    let after = after.flat_map(|(node, after)| {
        after.invalid.iter().chain(&after.failed).map(move |note| format!("{node}: {}", note.message))
    });
    planned.chain(replanned).chain(after).collect()
}

/// The steps that were done and not put back, and those whose outcome is unknown, by node. `None` if there are no such steps.
fn written(receipt: Option<&Receipt>) -> Option<String> {
    let nodes = receipt?.nodes.iter().filter_map(|node| {
        let steps = node.steps.iter().filter_map(|step| match step.outcome {
            StepOutcome::Done(_) | StepOutcome::NotPutBack(_) => Some(escape::line(&step.name).into_owned()),
            StepOutcome::Unknown(_) => Some(format!("unknown: {}", escape::line(&step.name))),
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
    use deployer_core::error::Note;
    use deployer_core::model::{Aftermath, NodeName, NodeReceipt, Revision, Settled, StepReceipt};
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
                replanned: Vec::new(),
                steps,
                aftermath: None,
            }],
        }
    }

    #[test]
    fn an_entity_that_a_node_cannot_run_is_a_remark() {
        let plan =
            Plan { environment: "test".to_owned(), revision: None, nodes: Vec::new(), notes: Vec::new() };
        let mut receipt = receipt(vec![("upload configuration", StepOutcome::Done("1 entity".to_owned()))]);
        assert_eq!(remarks(&plan, Some(&receipt)), Vec::<String>::new());
        let invalid = vec![Note::warning("the node cannot run the pipe a: no such system")];
        receipt.nodes[0].aftermath =
            Some(Aftermath { state: Settled::Deployed, invalid, failed: Vec::new() });
        assert_eq!(
            remarks(&plan, Some(&receipt)),
            ["master: the node cannot run the pipe a: no such system"]
        );
    }

    #[test]
    fn a_failure_names_the_steps_that_were_not_put_back() {
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
            "failed after writing: master (send secrets, unknown: upload configuration)"
        );
        let nothing = receipt(vec![("upload configuration", StepOutcome::Failed(error()))]);
        let revision = Some(Revision::new("host/a@0123456789abcdef0123456789abcdef01234567"));
        assert_eq!(
            notice(Outcome::Failed, &Plan { revision, ..plan.clone() }, Some(&nothing)),
            "nothing was written; from host/a@0123456789ab"
        );
        assert_eq!(notice(Outcome::Failed, &plan, Some(&nothing)), "nothing was written");
        assert!(
            line(Outcome::Failed, Some(Kind::Io), &plan, None)
                .starts_with("Deploy failed. Nothing was written. Planned for test: ")
        );
        let refused = line(Outcome::Failed, Some(Kind::Refused), &plan, None);
        assert!(refused.starts_with("Refused. Nothing was written. Planned for test: "), "{refused}");
        assert!(
            line(Outcome::Failed, Some(Kind::Io), &plan, Some(&half_way))
                .contains("Run `plan` to see what is left.")
        );
    }
}
