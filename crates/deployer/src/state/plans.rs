//! Plans that are kept with the state, and reading what is kept there by name.

use deployer_core::document::SourceText;
use deployer_core::{Error, Kind, Result};
use deployer_engine::saved::{Purpose, Saved};

use super::names::{LONGEST, is_simple};
use super::storage::Storage;
use crate::output::Output;
use crate::saved;

/// Reads the plan or the snapshot with a name.
///
/// # Errors
/// `NotFound` if there is none; otherwise as [`Saved::parse`], and when it cannot be read.
pub(crate) async fn read_stored(storage: Option<&Storage>, name: &str, purpose: Purpose) -> Result<Saved> {
    let storage = needed(storage)?;
    let name = object(name, purpose)?;
    let text = storage.read(&name).await?.ok_or_else(|| {
        let message = format!("{} has no {} with the name {name}", storage.location(), purpose.word());
        let error = Error::new(Kind::NotFound, message);
        match purpose {
            Purpose::Plan => error.with_hint("save one with `plan --out state:NAME`"),
            Purpose::Snapshot => error.with_hint("list the snapshots with `restore`"),
        }
    })?;
    Saved::parse(&SourceText::new(storage.reference(&name), text))
}

/// Saves a plan under a name. Replaces an earlier one.
///
/// # Errors
/// `Settings` for an invalid name; as [`saved::text`]; when it cannot be written.
pub(crate) async fn write_plan(
    storage: Option<&Storage>,
    name: &str,
    plan: &Saved,
    output: &Output,
) -> Result<()> {
    let storage = needed(storage)?;
    let name = object(name, Purpose::Plan)?;
    let (text, notes) = saved::text(plan, output)?;
    storage.write(&name, &text, None).await?;
    output.notes(&notes);
    Ok(())
}

fn needed(storage: Option<&Storage>) -> Result<&Storage> {
    storage.ok_or_else(|| {
        Error::new(Kind::Settings, "there is no state folder").with_hint("name one: --state DIR")
    })
}

/// The name of a file or object. A snapshot is named as `restore` lists it.
fn object(name: &str, purpose: Purpose) -> Result<String> {
    let is_valid = is_simple(name);
    match purpose {
        Purpose::Plan if is_valid => Ok(format!("plan-{name}.json")),
        Purpose::Snapshot if is_valid && name.starts_with("snapshot-") => Ok(name.to_owned()),
        Purpose::Snapshot if is_valid => {
            Err(Error::new(Kind::Settings, format!("state:{name} is not the name of a snapshot"))
                .with_hint("list the snapshots with `restore`"))
        }
        _ => Err(Error::new(Kind::Settings, format!("invalid name {name:?} after `state:`"))
            .with_cause(format!("expected ASCII letters, digits, `-`, `_` and `.`, at most {LONGEST}"))),
    }
}
