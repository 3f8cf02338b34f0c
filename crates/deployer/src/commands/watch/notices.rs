//! The reports of a watching process, for the log and for notifiers.

use deployer_core::Error;
use deployer_core::model::{Outcome, Report};
use deployer_watch::Notice;

use crate::output::watch::short;

/// An error with those it is made of, a line each.
pub(super) fn full(error: &Error) -> String {
    error.all().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The command that approves a plan of a deployment. The name is empty for one that is alone.
pub(super) fn approve(plan: &str, deployment: &str) -> String {
    let deployment =
        if deployment.is_empty() { String::new() } else { format!(" --deployment {deployment}") };
    format!("sesam-deployer approve {plan}{deployment}")
}

/// A report about a deployment, for the log.
pub(super) fn sentence(notice: &Notice, deployment: &str) -> String {
    match notice {
        Notice::SourceFailed { reason } => format!("The source cannot be read: {reason}"),
        Notice::SourceRecovered => "The source can be read again.".to_owned(),
        Notice::Deployed { target, revision } => format!("{target} has {}.", short(revision)),
        Notice::Held { plan, .. } => {
            let command = approve(plan, deployment);
            format!("Plan {plan} needs consent: `{command}` releases it, and a new revision replaces it.")
        }
        Notice::Failed { target, revision, .. } => {
            format!("{} is tried again on {target}.", short(revision))
        }
        Notice::GivenUp { target, revision } => {
            format!("{} is not tried again on {target} before a trigger or a new revision.", short(revision))
        }
        Notice::Drifted { target, .. } => format!("A node of {target} no longer has what was deployed."),
        Notice::CompareFailed { reason, .. } => format!("The nodes cannot be compared: {reason}"),
        Notice::Recovered { target, revision } => format!("{target} has {} again.", short(revision)),
    }
}

/// The report of a state that is not the end of a deploy; a deploy reports its end itself. `why` is how the nodes differ.
pub(super) fn report(notice: &Notice, environment: &str, why: Option<&str>) -> Option<Report> {
    let outcome = match notice {
        Notice::SourceFailed { .. } => Outcome::SourceFailed,
        Notice::Drifted { .. } => Outcome::Drifted,
        Notice::SourceRecovered | Notice::Recovered { .. } => Outcome::Recovered,
        Notice::Deployed { .. }
        | Notice::Held { .. }
        | Notice::Failed { .. }
        | Notice::GivenUp { .. }
        | Notice::CompareFailed { .. } => return None,
    };
    let (summary, errors) = match notice {
        Notice::SourceFailed { reason } => ("The source cannot be read.".to_owned(), vec![reason.clone()]),
        notice => (sentence(notice, ""), Vec::new()),
    };
    let differences = why.filter(|_| outcome == Outcome::Drifted);
    let differences = differences.into_iter().flat_map(str::lines).filter(|line| !line.trim().is_empty());
    let nodes = differences.map(str::to_owned).collect();
    Some(Report::new(outcome, environment.to_owned(), summary).with_nodes(nodes).with_errors(errors))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_reported_and_deploys_report_themselves() {
        let (target, revision) = ("prod".to_owned(), "r@0123456789abcdef0123456789abcdef01234567".to_owned());
        let drifted = Notice::Drifted { target: target.clone(), revision: revision.clone() };
        let report_of = |notice: &Notice| report(notice, "prod", Some("master\n\npipe a: differs"));
        let drift = report_of(&drifted).expect("drift is reported");
        assert_eq!(drift.heading(), "Drift in prod");
        assert_eq!(drift.nodes, ["master", "pipe a: differs"]);
        let lost =
            report_of(&Notice::SourceFailed { reason: "no route".to_owned() }).expect("it is reported");
        assert_eq!(
            (lost.heading(), &lost.errors[..]),
            ("Source unreadable for prod".to_owned(), &["no route".to_owned()][..])
        );
        assert!(lost.nodes.is_empty());
        let again = report_of(&Notice::Recovered { target: target.clone(), revision: revision.clone() });
        assert_eq!(again.expect("it is reported").summary, "prod has r@0123456789ab again.");
        assert!(report_of(&Notice::Deployed { target, revision }).is_none());
    }
}
