//! Who a run is, for other runs.

use deployer_core::plugin::ProcessVariables;
use deployer_state::Holder;

use crate::session::Session;

/// This run as the holder of leases. Its ID is a new one.
pub(super) fn holder(session: &Session<'_>, purpose: &str) -> Holder {
    let (variables, process) = (&session.context.variables, std::process::id());
    let person = format!("{}@{}", user(variables), machine(variables));
    let name = match &session.context.link {
        Some(link) => format!("{person} ({link})"),
        None => person,
    };
    Holder {
        id: format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..)),
        name: session.output.mask(&name).0,
        purpose: purpose.to_owned(),
        process,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// A holder that acquires nothing.
pub(super) fn nobody() -> Holder {
    let empty = String::new;
    Holder { id: empty(), name: empty(), purpose: empty(), process: 0, version: empty() }
}

fn user(variables: &ProcessVariables) -> &str {
    variables.first(&["USER", "LOGNAME", "USERNAME"]).unwrap_or("somebody")
}

/// The name of this machine.
pub(crate) fn machine(variables: &ProcessVariables) -> String {
    let named = variables.first(&["HOSTNAME", "COMPUTERNAME"]).map(str::to_owned);
    let of_system = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = named.or_else(of_system).map(|name| name.trim().to_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "an unknown machine".to_owned())
}
