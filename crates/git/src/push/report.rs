//! The report of the server: whether it unpacked the pack and updated the branch.

use std::io;

use gix_protocol::transport::packetline::PacketLineRef;
use gix_protocol::transport::packetline::blocking_io::StreamingPeekableIter;

use super::request::RawReport;
use crate::errors::words;

/// A complete report (`git help protocol-pack`, section "Report Status").
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// Why the branch was not updated; `None` if it was.
    pub(super) refusal: Option<String>,
    /// The server's words to people.
    pub(super) remote: Vec<String>,
}

impl Report {
    /// Reads the report about one reference.
    ///
    /// # Errors
    /// If it is incomplete or about another reference: then the result of the push is unknown.
    pub(super) fn parse(answer: &RawReport, reference: &str) -> io::Result<Self> {
        let lines = lines(&answer.report)?;
        let mut lines = lines.iter().map(String::as_str);
        let unpacked = lines
            .next()
            .and_then(|line| line.strip_prefix("unpack "))
            .ok_or_else(|| incomplete("it does not begin with `unpack`"))?;
        let verdict = lines.find_map(|line| {
            let (word, rest) = line.split_once(' ')?;
            let (name, reason) = rest.split_once(' ').unwrap_or((rest, "no reason given"));
            (name == reference).then_some((word, reason))
        });
        let refusal = match (unpacked, verdict) {
            ("ok", Some(("ok", _))) => None,
            ("ok", Some(("ng", reason))) => Some(reason.to_owned()),
            ("ok", _) => return Err(incomplete("it does not name the branch")),
            (reason, _) => Some(format!("unpacking failed: {reason}")),
        };
        let remote = words(&String::from_utf8_lossy(&answer.words));
        Ok(Self { refusal, remote })
    }

    pub(super) fn is_taken(&self) -> bool {
        self.refusal.is_none()
    }
}

fn incomplete(cause: &str) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, format!("the report about the push is incomplete: {cause}"))
}

/// The report's lines up to its flush packet, without which it is not complete.
fn lines(report: &[u8]) -> io::Result<Vec<String>> {
    let mut packets = StreamingPeekableIter::new(report, &[PacketLineRef::Flush], false);
    let mut lines = Vec::new();
    while let Some(packet) = packets.read_line() {
        let packet = packet?.map_err(|_| incomplete("it is cut short"))?;
        let line = packet.as_slice().unwrap_or_default();
        lines.push(String::from_utf8_lossy(line).trim_end_matches('\n').to_owned());
    }
    if packets.stopped_at().is_none() {
        return Err(incomplete("its end is missing"));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&str], end: &str) -> io::Result<Report> {
        let mut report: Vec<u8> =
            lines.iter().flat_map(|line| format!("{:04x}{line}", line.len() + 4).into_bytes()).collect();
        report.extend_from_slice(end.as_bytes());
        Report::parse(&RawReport { report, words: b"no\n".to_vec() }, "refs/heads/main")
    }

    #[test]
    fn only_a_whole_report_that_says_ok_twice_is_success() {
        let taken = parse(&["unpack ok\n", "ok refs/heads/main\n"], "0000").expect("a report");
        assert!(taken.is_taken());
        let declined =
            parse(&["unpack ok\n", "ng refs/heads/main hook declined\n"], "0000").expect("a report");
        assert_eq!(
            (declined.refusal.as_deref(), &*declined.remote),
            (Some("hook declined"), &["no".to_owned()][..])
        );
        let broken =
            parse(&["unpack index-pack abnormal exit\n", "ng refs/heads/main unpacker error\n"], "0000")
                .expect("a report");
        assert_eq!(broken.refusal.as_deref(), Some("unpacking failed: index-pack abnormal exit"));
    }

    #[test]
    fn a_report_that_is_cut_or_of_something_else_tells_nothing() {
        for (lines, end) in [
            (&[][..], ""),
            (&["unpack ok\n"][..], "0000"),
            (&["unpack ok\n", "ok refs/heads/main\n"][..], ""),
            (&["unpack ok\n", "ok refs/heads/main\n"][..], "00"),
            (&["unpack ok\n", "ok refs/heads/other\n"][..], "0000"),
            (&["hello\n", "ok refs/heads/main\n"][..], "0000"),
        ] {
            assert!(parse(lines, end).is_err(), "{lines:?} {end:?}");
        }
    }
}
