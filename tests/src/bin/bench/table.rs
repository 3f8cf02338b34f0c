//! The table of what was measured, and its targets.

/// The rows of the table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<[String; 3]>,
    pub(crate) missed: usize,
}

impl Table {
    pub(crate) fn row(&mut self, what: impl Into<String>, measured: impl Into<String>) {
        self.rows.push([what.into(), measured.into(), String::new()]);
    }

    /// A row whose value may be at most so much.
    pub(crate) fn at_most(&mut self, what: impl Into<String>, value: f64, most: f64) {
        let met = value <= most;
        self.missed += usize::from(!met);
        let verdict = if met { "met" } else { "**missed**" };
        self.rows.push([what.into(), number(value), format!("at most {}: {verdict}", number(most))]);
    }

    pub(crate) fn print(&self) {
        println!("| what | measured | target |\n|---|---:|---|");
        for [what, measured, target] in &self.rows {
            println!("| {what} | {measured} | {target} |");
        }
    }
}

pub(crate) fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

pub(crate) fn mebibytes(kibibytes: Vec<f64>) -> String {
    let median = median(kibibytes);
    if median.is_nan() { "unknown".to_owned() } else { format!("{:.0} MiB", median / 1024.0) }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
