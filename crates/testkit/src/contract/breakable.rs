//! A server of the testkit that a rig breaks and repairs.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;

use super::checks::{Support, UNSUPPORTED, canary};
use super::trouble::Trouble;
use crate::server::{Answer, Cut, Hold, Moment, Rule, Server};

#[derive(Debug, Default)]
struct State {
    nowhere: Option<SocketAddr>,
    held: Vec<Hold>,
}

/// A server that can be in [`Trouble`]. Its answers then show the canary, as those of a service would that repeats a value.
#[derive(Debug)]
pub struct Breakable {
    server: Server,
    state: Mutex<State>,
}

impl Breakable {
    /// A server without trouble.
    pub fn new(server: Server) -> Self {
        Self { server, state: Mutex::default() }
    }

    /// The server itself.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The full address of a path that starts with `/`; one where nobody listens while the server is [`Trouble::Down`].
    pub fn url(&self, path: &str) -> String {
        match self.lock().nowhere {
            None => self.server.url(path),
            Some(nowhere) => {
                let url = self.server.url(path);
                url.replacen(&self.server.address().to_string(), &nowhere.to_string(), 1)
            }
        }
    }

    /// Lets all requests of a rule meet trouble. Which credentials are good is for the rig to know.
    pub fn trouble(&self, trouble: Trouble, rule: Rule) -> Support {
        let faults = self.server.faults();
        match trouble {
            Trouble::Down => self.lock().nowhere = Some(nobody_listens()),
            Trouble::Cut => faults.cut(rule, Cut::BeforeAnswer),
            Trouble::Silent => {
                // Once it is mended, nothing that came meanwhile may still be carried out.
                faults.answer(rule.clone(), Answer::html(503, canary().value()));
                let hold = faults.hold(rule, Moment::AfterApply);
                self.lock().held.push(hold);
            }
            Trouble::Unavailable => faults.answer(rule, Answer::html(503, canary().value())),
            Trouble::RateLimited => {
                let seconds = u32::try_from(Trouble::RETRY_AFTER.as_secs()).unwrap_or(u32::MAX);
                faults.answer(rule, Answer::too_many_requests(seconds));
            }
            Trouble::NotFoundPage => faults.answer(rule, Answer::html(404, canary().value())),
            Trouble::Html => faults.answer(rule, Answer::html(200, canary().value())),
            Trouble::HalfJson => {
                let whole = Answer::json(200, &json!({ "data": { "data": { "value": canary().value() } } }));
                let body = whole.body.trim_end_matches('}').to_owned();
                faults.answer(rule, Answer { body, ..whole });
            }
            Trouble::Unauthenticated | Trouble::Denied => return UNSUPPORTED,
        }
        Ok(())
    }

    /// Ends all trouble.
    pub fn mend(&self) {
        self.server.faults().clear();
        *self.lock() = State::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An address whose port was free a moment ago.
fn nobody_listens() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address")
}
