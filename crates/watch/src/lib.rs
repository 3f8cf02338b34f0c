//! Decides when a watched source is checked and its nodes are deployed, as a pure state machine.
//!
//! The caller passes the time, carries out each [`Action`] and passes its result back.
//!
//! ```
//! use std::time::Duration;
//!
//! use deployer_watch::{Action, Ended, Rules, Watch};
//!
//! let start = Duration::ZERO;
//! let mut watch = Watch::new(Rules::default(), ["master"], 1);
//! assert_eq!(watch.due(start), [Action::CheckRevision]);
//! watch.checked(start, Ok("9f3a"));
//! let deploy = Action::Deploy { target: "master".into(), revision: "9f3a".into(), approved: None };
//! assert_eq!(watch.due(start), [deploy]);
//! watch.deployed(start, "master", Ended::Deployed);
//! assert!(watch.due(start).is_empty());
//! ```

mod hooks;
mod notice;
mod replicas;
mod rules;
mod target;
mod watch;

pub use hooks::Sender;
pub use notice::Notice;
pub use replicas::{Replicas, Sign, shares};
pub use rules::{OnDrift, Rules};
pub use target::{Compared, Ended, Reported, State};
pub use watch::{Action, Told, Watch};
