//! One HTTP request and its answer, in the shape that gix reads and writes.

use std::cell::RefCell;
use std::io::{self, BufRead, Cursor, Read, Write};
use std::rc::Rc;
use std::sync::Arc;

use deployer_core::Result;
use deployer_http::{Bytes, Client, Request, Response};

use crate::errors::RequestInfo;
use crate::session::Session;

/// A request that is sent when its answer is first asked for: gix writes the whole body before it reads.
pub(super) struct Exchange {
    session: Arc<Session>,
    client: Client,
    about: RequestInfo,
    request: Option<Request>,
    posted: Vec<u8>,
    answer: Option<Response>,
}

impl Exchange {
    pub(super) fn new(session: &Arc<Session>, client: &Client, about: RequestInfo, request: Request) -> Self {
        Self {
            session: Arc::clone(session),
            client: client.clone(),
            about,
            request: Some(request),
            posted: Vec::new(),
            answer: None,
        }
    }

    /// A request that has its answer already.
    pub(super) fn answered(
        session: &Arc<Session>,
        client: &Client,
        about: RequestInfo,
        answer: Response,
    ) -> Self {
        Self {
            session: Arc::clone(session),
            client: client.clone(),
            about,
            request: None,
            posted: Vec::new(),
            answer: Some(answer),
        }
    }

    /// Sends the request once, and returns the answer whatever its status is.
    pub(super) fn answer(&mut self) -> io::Result<&Response> {
        if let Some(request) = self.request.take() {
            let request = self.with_body(request).map_err(|error| self.session.refuse(error))?;
            let answer = self.session.wait(async {
                self.client.send(request).await.map_err(|error| self.session.refuse(error))
            })?;
            self.answer = Some(answer);
        }
        self.answer.as_ref().ok_or_else(|| io::Error::other("the request failed before"))
    }

    /// The answer, if it is the success of a git host.
    pub(super) fn good_answer(&mut self) -> io::Result<&Response> {
        self.answer()?;
        match self.answer.as_ref().and_then(|answer| self.about.problem(answer)) {
            Some(error) => Err(self.session.refuse(error)),
            None => self.answer(),
        }
    }

    fn with_body(&mut self, request: Request) -> Result<Request> {
        match std::mem::take(&mut self.posted) {
            posted if posted.is_empty() => Ok(request),
            posted => request.body(posted, &format!("application/x-{}-request", self.about.service())),
        }
    }
}

/// The headers or the body of an answer, read when they are first asked for.
pub(super) struct Part {
    exchange: Rc<RefCell<Exchange>>,
    pick: fn(&Response) -> Bytes,
    picked: Option<Cursor<Bytes>>,
}

impl Part {
    /// The only header that gix reads.
    pub(super) fn headers(exchange: &Rc<RefCell<Exchange>>) -> Self {
        Self::new(exchange, |answer| {
            Bytes::from(format!("content-type: {}\n", answer.content_type().unwrap_or_default()))
        })
    }

    pub(super) fn body(exchange: &Rc<RefCell<Exchange>>) -> Self {
        Self::new(exchange, |answer| answer.body.clone())
    }

    fn new(exchange: &Rc<RefCell<Exchange>>, pick: fn(&Response) -> Bytes) -> Self {
        Self { exchange: Rc::clone(exchange), pick, picked: None }
    }

    fn cursor(&mut self) -> io::Result<&mut Cursor<Bytes>> {
        let picked = match self.picked.take() {
            Some(picked) => picked,
            None => Cursor::new((self.pick)(self.exchange.borrow_mut().good_answer()?)),
        };
        Ok(self.picked.insert(picked))
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.cursor()?.read(buffer)
    }
}

impl BufRead for Part {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.cursor()?.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Some(picked) = &mut self.picked {
            picked.consume(amount);
        }
    }
}

/// Takes the body of a request.
pub(super) struct PostBody(Rc<RefCell<Exchange>>);

impl PostBody {
    pub(super) fn new(exchange: &Rc<RefCell<Exchange>>) -> Self {
        Self(Rc::clone(exchange))
    }
}

impl Write for PostBody {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().posted.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
