//! The log on standard error. Every line passes the redactor; other crates are heard from WARN on.

use std::io::Write;

use deployer_core::Redactor;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use super::Style;
use super::pipeline::Dialect;
use crate::cli::LogFormat;

/// Starts the log. Only the first call of a process counts.
pub fn start(level: LevelFilter, format: LogFormat, style: Style, redactor: Redactor) {
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
    let writer = Masked { redactor, dialect };
    let layer = match format {
        // A pipeline's log has times of its own.
        LogFormat::Azure | LogFormat::Github => fmt::layer()
            .without_time()
            .with_level(dialect != Some(Dialect::Azure))
            .with_ansi(false)
            .with_writer(writer)
            .boxed(),
        LogFormat::Text => fmt::layer().with_ansi(style.colour).with_writer(writer).boxed(),
        LogFormat::Json => fmt::layer().json().with_writer(writer).boxed(),
    };
    let _ = tracing_subscriber::registry().with(layer.with_filter(targets)).try_init();
}

/// Crates whose log lines at ERROR hold the bodies of answers.
const SILENT: [&str; 2] = ["vaultrs", "rustify"];

/// Writes lines to standard error, masked.
#[derive(Debug, Clone)]
struct Masked {
    redactor: Redactor,
    dialect: Option<Dialect>,
}

/// One log line on its way out.
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
        let prefix = self.dialect.map_or("", |dialect| dialect.log_prefix(*about.level()));
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
        let (masked, _) = self.how.redactor.mask(&String::from_utf8_lossy(&self.bytes));
        let line = match self.how.dialect {
            Some(dialect) => format!("{}{}", self.prefix, dialect.harmless(&masked).trim_start()),
            None => masked,
        };
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}
