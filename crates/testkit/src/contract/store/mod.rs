//! The suite of [`SecretStore`](deployer_core::traits::SecretStore).

mod answers;
mod failing;
mod limits;
mod login;
mod plans;
mod reading;
mod rig;

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;

pub use self::rig::{StoreLimit, StoreRig};

use self::limits::declared;
use self::reading::secret;
use super::checks::canary;
use super::trouble::Trouble;

/// Every case that a [`SecretStore`](deployer_core::traits::SecretStore) must pass.
///
/// # Panics
/// If it doesn't pass one. The message begins with the name of the case.
pub async fn secret_store_contract(rig: &dyn StoreRig) {
    let limits = &declared(rig, &*rig.store());
    let planted = rig.put(&[secret("contract-canary", canary().value())]).await;
    planted.expect("every store can keep the canary, a text of two lines");
    case("answers are independent of each other", answers::independent(rig, limits)).await;
    case("two secrets have two addresses", plans::two_addresses(rig)).await;
    case("every secret is in one read", plans::one_read(rig)).await;
    case("values are returned byte for byte", answers::values(rig, limits)).await;
    case("a thousand secrets are answered", answers::a_thousand(rig)).await;
    case("names are those of existing secrets", answers::names(rig, limits)).await;
    case("a store logs in once", login::once(rig, limits)).await;
    case("close revokes what was created", login::revoked(rig, limits)).await;
    case("a dropped future does no harm", login::dropped(rig)).await;
    for trouble in Trouble::of_stores() {
        case(&format!("trouble {trouble:?} is classified"), failing::classified(rig, limits, trouble)).await;
    }
    case("a rejected login is one error", failing::rejected_login(rig, limits)).await;
    case("a store sends each request once", failing::sent_once(rig, limits)).await;
    case("a denied list is no failure", failing::denied_list(rig, limits)).await;
    case("a failed list is a failure", failing::failed_list(rig, limits)).await;
    case("no secret is shown", failing::secrecy(rig)).await;
}

/// Runs a case, and names it if it fails.
async fn case(name: &str, run: impl Future<Output = ()>) {
    if let Err(panic) = AssertUnwindSafe(run).catch_unwind().await {
        panic!("{name}: {}", message(&*panic));
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it failed")
}
