//! Compares the output of pipes with expected files, as Sesam's command-line tool does. Pure functions from texts to a verdict: no node,
//! no file, no clock.

mod answer;
mod blacklist;
mod difference;
mod entities;
mod json;
mod numbers;
mod order;
mod spec;
mod verdict;
mod xml;

pub use difference::Difference;
pub use entities::check_expected;
pub use spec::{Endpoint, Spec, read_spec};
pub use verdict::{Compared, Options, Verdict, expected_text, verdict};
