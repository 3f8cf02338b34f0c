//! The log on standard error. Every line passes the redactor. Lines of other crates are logged from WARN on.

use std::io::Write;

use deployer_core::Redactor;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use super::pipeline::{self, Dialect};
use super::{Style, escape};
use crate::cli::LogFormat;

/// Starts the log. Only the first call of a process counts. `is_terminal`: a person reads it, and no pipeline.
pub fn start(level: LevelFilter, format: LogFormat, style: Style, is_terminal: bool, redactor: Redactor) {
    let ours = [
        "deployer_core",
        "deployer_http",
        "deployer_git",
        "sesam_deployer",
        "sesam_node",
        "deployer_source",
        "deployer_store",
        "deployer_target",
        "deployer_notify",
    ];
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(SILENT.map(|target| (target, LevelFilter::OFF)))
        .with_targets(ours.map(|target| (target, level)));
    let dialect = Dialect::of(format);
    let writer = Masked { redactor, format, colour: style.colour, is_terminal };
    let layer = match format {
        // A pipeline's log has times of its own.
        LogFormat::Azure | LogFormat::Github => fmt::layer()
            .without_time()
            .with_level(dialect != Some(Dialect::Azure))
            .with_ansi(false)
            .with_writer(writer)
            .boxed(),
        LogFormat::Text => {
            fmt::layer().event_format(Lines { style }).with_ansi(style.colour).with_writer(writer).boxed()
        }
        LogFormat::Json => fmt::layer().json().with_writer(writer).boxed(),
    };
    let _ = tracing_subscriber::registry().with(layer.with_filter(targets)).try_init();
}

/// Crates whose log lines at ERROR contain the bodies of answers.
const SILENT: [&str; 2] = ["vaultrs", "rustify"];

/// Lines for people: warnings and errors look like all others of the program, details have a time and a target.
struct Lines {
    style: Style,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let label = match *event.metadata().level() {
            Level::ERROR => self.style.red("error"),
            Level::WARN => self.style.yellow("warning"),
            Level::INFO => self.style.dim("info"),
            _ => {
                return tracing_subscriber::fmt::format::Format::<Full>::default()
                    .format_event(context, writer, event);
            }
        };
        write!(writer, "{label}: ")?;
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

/// Writes lines to standard error, masked and harmless.
#[derive(Debug, Clone)]
struct Masked {
    redactor: Redactor,
    format: LogFormat,
    colour: bool,
    is_terminal: bool,
}

impl Masked {
    /// A line as it is printed.
    fn shown(&self, line: &str, prefix: &str) -> String {
        let (masked, _) = self.redactor.mask(line);
        match (self.format, Dialect::of(self.format)) {
            (_, Some(_)) => {
                format!("{prefix}{}", pipeline::harmless(&escape::text(&masked, false)).trim_start())
            }
            (LogFormat::Json, _) => pipeline::in_json(&masked),
            _ if self.is_terminal => escape::text(&masked, self.colour),
            _ => pipeline::harmless(&escape::text(&masked, self.colour)),
        }
    }
}

/// One log line.
struct Line {
    how: Masked,
    prefix: &'static str,
    bytes: Vec<u8>,
}

impl<'a> MakeWriter<'a> for Masked {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { how: self.clone(), prefix: "", bytes: Vec::new() }
    }

    fn make_writer_for(&'a self, about: &tracing::Metadata<'_>) -> Line {
        let prefix = Dialect::of(self.format).map_or("", |dialect| dialect.log_prefix(*about.level()));
        Line { how: self.clone(), prefix, bytes: Vec::new() }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // A newline in a message must not start a line that looks like one of ours.
        let text = String::from_utf8_lossy(&self.bytes);
        let line = escape_newlines(text.trim_end_matches('\n')) + "\n";
        let _ = std::io::stderr().lock().write_all(self.how.shown(&line, self.prefix).as_bytes());
    }
}

fn escape_newlines(text: &str) -> String {
    text.replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use deployer_core::SecretValue;

    use super::*;

    #[test]
    fn a_line_is_masked_and_harmless_in_every_format_on_a_terminal_or_not() {
        let redactor = Redactor::default();
        redactor.add("pw", &SecretValue::new("hunter2\"hunter2"));
        let line = "::error::x ##vso[y] \u{9b} hunter2\"hunter2";
        let json = serde_json::json!({ "message": line }).to_string();
        let cases = [
            (LogFormat::Text, false, line, "\\::error::x #\\#vso[y] \\u009b [secret]"),
            (LogFormat::Text, true, line, "::error::x ##vso[y] \\u009b [secret]"),
            (LogFormat::Azure, true, line, "\\::error::x #\\#vso[y] \\u009b [secret]"),
            (LogFormat::Github, false, line, "\\::error::x #\\#vso[y] \\u009b [secret]"),
            (LogFormat::Json, false, &json, r#"{"message":"::error::x #\u0023vso[y] \u009b [secret]"}"#),
        ];
        for (format, is_terminal, line, expected) in cases {
            let masked = Masked { redactor: redactor.clone(), format, colour: false, is_terminal };
            assert_eq!(masked.shown(line, ""), expected, "{format:?}");
        }
    }
}
