//! The log on standard error. Every line passes the redactor. Lines of other crates are logged from WARN on.

use std::io::Write;

use deployer_core::Redactor;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Full, Writer, debug_fn};
use tracing_subscriber::fmt::{FmtContext, FormattedFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::{LookupSpan, Scope};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

use super::pipeline::{self, Dialect};
use super::{Style, escape, span};
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
    let writer = Masked { redactor, format, colour: style.colour, is_terminal };
    let layer = layer(format, style, writer).with_filter(targets);
    let _ = tracing_subscriber::registry().with(layer).try_init();
}

/// The lines of a format. Those of a deployment of a fleet name it.
fn layer<W>(format: LogFormat, style: Style, writer: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    match format {
        // A pipeline's log has times of its own.
        LogFormat::Azure | LogFormat::Github => fmt::layer()
            .without_time()
            .with_level(format != LogFormat::Azure)
            .with_ansi(false)
            .with_writer(writer)
            .boxed(),
        LogFormat::Text => {
            let fields = debug_fn(|writer, field, value| match field.name() {
                "message" | span::SPAN => write!(writer, "{value:?}"),
                name => write!(writer, "{name}={value:?}"),
            });
            fmt::layer()
                .fmt_fields(fields.delimited(" "))
                .event_format(Lines { style })
                .with_ansi(style.colour)
                .with_writer(writer)
                .boxed()
        }
        LogFormat::Json => fmt::layer().json().with_writer(writer).boxed(),
    }
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
        let level = match *event.metadata().level() {
            Level::ERROR => self.style.red("error"),
            Level::WARN => self.style.yellow("warning"),
            Level::INFO => self.style.dim("info"),
            _ => {
                return tracing_subscriber::fmt::format::Format::<Full>::default()
                    .format_event(context, writer, event);
            }
        };
        for entered in context.event_scope().into_iter().flat_map(Scope::from_root) {
            let extensions = entered.extensions();
            if let Some(name) =
                extensions.get::<FormattedFields<N>>().filter(|_| entered.name() == span::SPAN)
            {
                write!(writer, "{name}{}", span::AFTER)?;
            }
        }
        write!(writer, "{level}: ")?;
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
    use std::sync::{Arc, Mutex};

    use deployer_core::SecretValue;

    use super::*;

    /// Lines in memory.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("nobody panics").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_of_a_deployment_names_it_in_every_format() {
        for (format, expected) in [
            (LogFormat::Text, "north | warning: read a: no answer; node=\"n\"\nwarning: alone\n"),
            (LogFormat::Azure, "deployment{deployment=north}"),
            (LogFormat::Github, "deployment{deployment=north}"),
            (LogFormat::Json, r#""span":{"deployment":"north","name":"deployment"}"#),
        ] {
            let kept = Kept::default();
            let writer = kept.clone();
            let layer = layer(format, Style { colour: false }, move || writer.clone());
            tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
                span::span("north").in_scope(|| tracing::warn!(node = "n", "read a: no answer;"));
                tracing::warn!("alone");
            });
            let lines = String::from_utf8(kept.0.lock().expect("nobody panics").clone()).expect("text");
            assert!(lines.contains(expected), "{format:?}: {lines}");
            assert!(lines.lines().nth(1).is_some_and(|line| !line.contains("north")), "{format:?}: {lines}");
        }
    }

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
