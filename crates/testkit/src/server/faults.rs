//! Faults that a test programs while a server runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::rule::{Rule, Seen};

/// An answer given in place of the real one. The request's body is read first, and nothing is applied.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Headers in the order they are sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// An answer with a status and a JSON body.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string() }
            .header("content-type", "application/json")
    }

    /// An answer as a proxy in front of the server gives it: an HTML page.
    pub fn html(status: u16, title: &str) -> Self {
        let body = format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>");
        Self { status, headers: Vec::new(), body }.header("content-type", "text/html")
    }

    /// 429 with `Retry-After` in seconds and an empty body.
    pub fn too_many_requests(retry_after: u32) -> Self {
        Self { status: 429, headers: Vec::new(), body: String::new() }
            .header("retry-after", &retry_after.to_string())
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Where the connection is cut. The socket is closed without an answer, and without TLS' close message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// After the head of the request; its body is not read.
    BeforeBody,
    /// After at least this many bytes of the body, and before its end.
    InBody(usize),
    /// After the request has been applied.
    BeforeAnswer,
    /// In the middle of the answer's body, after the request has been applied. An answer without a body is cut before it.
    InAnswer,
}

/// On which side of the server's own work a fault stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The request has been read; nothing has been done yet.
    BeforeApply,
    /// The request has been applied; the answer has not been sent.
    AfterApply,
}

type Callback = Arc<dyn Fn(&Seen) + Send + Sync>;

#[derive(Clone)]
pub(super) enum Action {
    Delay(Duration),
    Answer(Answer),
    Replace(Answer),
    Twice,
    Cut(Cut),
    Hold { moment: Moment, arrivals: mpsc::UnboundedSender<Seen>, released: watch::Receiver<bool> },
    Call { moment: Moment, callback: Callback },
}

struct Programmed {
    rule: Rule,
    met: usize,
    action: Action,
}

#[derive(Default)]
struct State {
    round_trip: Duration,
    programmed: Vec<Programmed>,
}

/// The faults of one server; clones share them.
///
/// Each fault counts on its own the requests that its rule describes. All faults that meet a request act, in the
/// order they were programmed; an answer or a cut ends the request.
#[derive(Clone, Default)]
pub struct Faults {
    state: Arc<Mutex<State>>,
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.lock();
        formatter
            .debug_struct("Faults")
            .field("round_trip", &state.round_trip)
            .field("programmed", &state.programmed.len())
            .finish()
    }
}

impl Faults {
    /// Makes every request take at least this long, as a far-away server would.
    pub fn round_trip(&self, delay: Duration) {
        self.lock().round_trip = delay;
    }

    /// Delays the requests of a rule, on top of the round-trip delay.
    pub fn delay(&self, rule: Rule, delay: Duration) {
        self.program(rule, Action::Delay(delay));
    }

    /// Answers the requests of a rule without applying them.
    pub fn answer(&self, rule: Rule, answer: Answer) {
        self.program(rule, Action::Answer(answer));
    }

    /// Applies the requests of a rule, and answers in place of the server.
    pub fn replace(&self, rule: Rule, answer: Answer) {
        self.program(rule, Action::Replace(answer));
    }

    /// Applies each request of a rule twice, as after a repetition on its way. The answer is the second one.
    pub fn twice(&self, rule: Rule) {
        self.program(rule, Action::Twice);
    }

    /// Cuts the connection of the requests of a rule.
    pub fn cut(&self, rule: Rule, cut: Cut) {
        self.program(rule, Action::Cut(cut));
    }

    /// Holds the requests of a rule until the returned handle releases them.
    ///
    /// A held request is applied after its release even when its client has gone, as a server that had already
    /// read it would do.
    pub fn hold(&self, rule: Rule, moment: Moment) -> Hold {
        let (sender, arrivals) = mpsc::unbounded_channel();
        let (release, released) = watch::channel(false);
        self.program(rule, Action::Hold { moment, arrivals: sender, released });
        Hold { arrivals, release }
    }

    /// Calls back at a moment of the requests of a rule; the request waits for the call's return.
    ///
    /// The callback runs on a thread where blocking is allowed. When it panics, the answer is 500.
    pub fn call(&self, rule: Rule, moment: Moment, callback: impl Fn(&Seen) + Send + Sync + 'static) {
        self.program(rule, Action::Call { moment, callback: Arc::new(callback) });
    }

    /// Forgets all faults and the round-trip delay. Requests already met by one are not affected.
    pub fn clear(&self) {
        *self.lock() = State::default();
    }

    pub(super) fn plan(&self, seen: &Seen) -> Vec<Action> {
        let mut state = self.lock();
        let mut actions = Vec::new();
        if !state.round_trip.is_zero() {
            actions.push(Action::Delay(state.round_trip));
        }
        for programmed in &mut state.programmed {
            if programmed.rule.describes(seen) {
                programmed.met += 1;
                if programmed.rule.meets(programmed.met) {
                    actions.push(programmed.action.clone());
                }
            }
        }
        actions
    }

    fn program(&self, rule: Rule, action: Action) {
        self.lock().programmed.push(Programmed { rule, met: 0, action });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells when a held request arrives, and lets it go on. Dropping it releases all.
#[derive(Debug)]
pub struct Hold {
    arrivals: mpsc::UnboundedReceiver<Seen>,
    release: watch::Sender<bool>,
}

impl Hold {
    /// Waits for the next request that is held; `None` when the faults were cleared and none can come.
    pub async fn arrived(&mut self) -> Option<Seen> {
        self.arrivals.recv().await
    }

    /// Lets held requests, and later ones of the same rule, go on.
    pub fn release(&self) {
        self.release.send_replace(true);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.release();
    }
}
