//! Progress on a terminal, for whatever takes longer than half a second; retries and writes in the log.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use deployer_engine::run::{Event, Progress};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::escape;

/// How long a part may take before it is shown.
const PATIENCE: Duration = Duration::from_millis(500);

/// Shows progress on standard error, if it is a terminal.
#[derive(Debug)]
pub struct Terminal {
    bars: MultiProgress,
    parts: Mutex<HashMap<String, Part>>,
}

#[derive(Debug)]
struct Part {
    began: Instant,
    done: u64,
    total: Option<u64>,
    bar: Option<ProgressBar>,
}

impl Part {
    fn begun(total: Option<u64>) -> Self {
        Self { began: Instant::now(), done: 0, total, bar: None }
    }
}

impl Terminal {
    /// Progress for this process. Without `shown` there is none.
    pub fn new(shown: bool) -> Self {
        let target = if shown && std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self { bars: MultiProgress::with_draw_target(target), parts: Mutex::new(HashMap::new()) }
    }

    /// Whether anything is drawn.
    pub(crate) fn is_shown(&self) -> bool {
        !self.bars.is_hidden()
    }

    /// Draws the parts that have taken long enough. Called a few times a second.
    pub fn tick(&self) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, part) in parts.iter_mut() {
            if part.began.elapsed() < PATIENCE {
                continue;
            }
            let bar = part.bar.get_or_insert_with(|| {
                let bar = self.bars.add(ProgressBar::new(part.total.unwrap_or(0)));
                let template =
                    if part.total.is_some() { "{spinner} {msg} {pos}/{len}" } else { "{spinner} {msg}" };
                bar.set_style(
                    ProgressStyle::with_template(template)
                        .unwrap_or_else(|_| ProgressStyle::default_spinner()),
                );
                bar.set_message(escape::line(name).into_owned());
                bar
            });
            bar.set_position(part.done);
            bar.tick();
        }
    }

    /// Removes what is drawn, before other text is printed.
    pub fn clear(&self) {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let _ = self.bars.clear();
    }
}

impl Progress for Terminal {
    fn event(&self, event: Event<'_>) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Began { part, total } => {
                tracing::debug!("{part}: begins");
                parts.insert(part.to_owned(), Part::begun(total.map(|total| total as u64)));
            }
            Event::Advanced { part } => {
                if let Some(part) = parts.get_mut(part) {
                    part.done += 1;
                }
            }
            Event::Ended { part } => {
                tracing::debug!("{part}: done");
                finish(parts.remove(part));
            }
            Event::Retrying { attempted, error, wait } => {
                tracing::warn!("{attempted}: {error}; trying again in {:.1} s", wait.as_secs_f64());
            }
            Event::Waiting { attempted, waited } => {
                tracing::warn!("{attempted}: no answer yet after {} s", waited.as_secs());
            }
            Event::Writing { node, step } => {
                tracing::info!("{node}: {step}");
                parts.insert(format!("{node}: {step}"), Part::begun(None));
            }
            Event::Wrote { node, step } => finish(parts.remove(&format!("{node}: {step}"))),
            _ => {}
        }
    }
}

/// Removes what is drawn of a part.
fn finish(part: Option<Part>) {
    if let Some(Part { bar: Some(bar), .. }) = part {
        bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(terminal: &Terminal) -> Vec<(String, u64, bool)> {
        let parts = terminal.parts.lock().expect("nobody panicked");
        parts.iter().map(|(name, part)| (name.clone(), part.done, part.bar.is_some())).collect()
    }

    #[test]
    fn parts_come_and_go_and_are_drawn_only_when_they_take_long() {
        let terminal = Terminal::new(false);
        terminal.event(Event::Began { part: "read secrets", total: Some(3) });
        terminal.event(Event::Advanced { part: "read secrets" });
        terminal.tick();
        assert_eq!(shown(&terminal), [("read secrets".to_owned(), 1, false)]);

        let long_ago = Instant::now().checked_sub(PATIENCE).expect("the clock has run for so long");
        terminal.parts.lock().expect("nobody panicked").values_mut().for_each(|part| part.began = long_ago);
        terminal.tick();
        assert_eq!(shown(&terminal), [("read secrets".to_owned(), 1, true)]);
        terminal.event(Event::Ended { part: "read secrets" });
        assert_eq!(shown(&terminal), []);

        terminal.event(Event::Writing { node: "master", step: "set variables" });
        assert_eq!(shown(&terminal), [("master: set variables".to_owned(), 0, false)]);
        terminal.event(Event::Wrote { node: "master", step: "set variables" });
        assert_eq!(shown(&terminal), []);
    }
}
