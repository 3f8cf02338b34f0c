//! The store against moto and a fake of the service, both behind a proxy that records what is asked.

mod broken;
mod counts;
mod failures;
mod fake;
mod identity;
mod reading;
mod rig;
mod secrecy;
mod world;
