//! The files of the node, and the two calls of the service.

use std::collections::BTreeMap;

use deployer_core::Result;
use deployer_http::Request;
use serde::{Deserialize, Serialize};

use crate::errors::{changed, check_read, check_write};
use crate::wire::Wire;

/// Contents by path, with `/`.
pub(crate) type Files = BTreeMap<String, String>;

/// The files of the node, as `GET /` answers and `PUT /` takes them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct State {
    /// The version of these files. A write names the version that it replaces.
    pub(crate) version: String,
    pub(crate) files: Files,
}

/// Reads all files.
pub(crate) async fn read(wire: &Wire) -> Result<State> {
    let attempted = "read the files of the node";
    let response = wire.send(attempted, Request::get(wire.url(&[]))).await?;
    check_read(attempted, response)?.json("the files of the node")
}

/// Replaces the files; writes nothing if they are there already.
///
/// # Errors
/// `Conflict` if they are no longer `before`, `UnknownOutcome` if the result of the write is unknown.
pub(crate) async fn replace(wire: &Wire, before: &Files, after: &Files) -> Result<()> {
    let now = read(wire).await?;
    if now.files == *after {
        return Ok(());
    }
    if now.files != *before {
        return Err(changed(&wire.location()));
    }
    write(wire, State { version: now.version, files: after.clone() }).await
}

async fn write(wire: &Wire, state: State) -> Result<()> {
    let attempted = "write the files of the node";
    let request = Request::put(wire.url(&[])).json(&state)?;
    check_write(attempted, &wire.send(attempted, request).await?)
}
