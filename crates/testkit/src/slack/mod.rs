//! A fake Slack Web API in memory: messages, files by the three-step upload, and failures on request.
//!
//! Methods, fields and error names follow <https://docs.slack.dev/reference/methods>.

mod fake;
mod methods;
mod parameters;
mod state;
mod upload;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, post};

pub use fake::FakeSlack;
pub use state::{Delivery, File, Message};

impl FakeSlack {
    /// The routes: methods below `/slack/api`, uploads below `/slack/upload`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/slack/api/{method}", any(methods::answer))
            .route("/slack/upload/{file}", post(upload::receive))
            .layer(DefaultBodyLimit::disable())
            .with_state(self.clone())
    }
}
