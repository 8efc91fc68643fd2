//! What a report says, before any format decides how it looks: sections of tables and notes with raw values.
//!
//! `sections` fills these from a profile; `table`, `markdown` and later formats lay them out and escape their texts.

use crate::model::Reading;

/// A value in a table. Texts are raw: each format escapes them in its own way.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Nothing belongs here.
    Blank,
    Text(String),
    Count(Reading<u64>),
    /// In ns.
    Time(Reading<i64>),
    Bytes(Reading<u64>),
    /// Of 1.
    Share(Option<f64>),
    /// A share drawn.
    Bar(Option<f64>, Hue),
    /// Further facts, the most telling first: as many are shown as there is room for.
    Facts(Vec<String>),
}

impl Value {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn count(n: u64) -> Self {
        Self::Count(Reading::Exact(n))
    }

    pub(crate) fn time(ns: &Reading<u64>) -> Self {
        Self::Time(ns.clone().map(|v| i64::try_from(v).unwrap_or(i64::MAX)))
    }

    /// Whether there is nothing to show.
    pub(crate) fn is_absent(&self) -> bool {
        match self {
            Self::Blank => true,
            Self::Text(text) => text.is_empty(),
            Self::Count(r) | Self::Bytes(r) => r.is_missing(),
            Self::Time(r) => r.is_missing(),
            Self::Share(s) | Self::Bar(s, _) => s.is_none(),
            Self::Facts(facts) => facts.is_empty(),
        }
    }
}

/// The colour of a bar: one for each row of the ledger, the same in every section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hue {
    User,
    Kernel,
    Runnable,
    Blocked,
    Unknown,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub name: &'static str,
    /// 0 is always shown; of the others the highest gives way first where the terminal is narrow.
    pub rank: u8,
    pub right: bool,
    /// Whether it holds single durations and no sums: then the short ones matter as much as the long.
    pub single: bool,
}

impl Column {
    pub(crate) fn left(name: &'static str) -> Self {
        Self { name, rank: 0, right: false, single: false }
    }

    pub(crate) fn right(name: &'static str, rank: u8) -> Self {
        Self { name, rank, right: true, single: false }
    }

    /// A column of single durations.
    pub(crate) fn single(name: &'static str, rank: u8) -> Self {
        Self { single: true, ..Self::right(name, rank) }
    }

    /// A column of bars or facts.
    pub(crate) fn beside(name: &'static str, rank: u8) -> Self {
        Self { rank, ..Self::left(name) }
    }
}

/// Keeps the columns of these names however narrow the terminal: the one that is sorted by must be seen.
pub(crate) fn keep(columns: &mut [Column], names: &[&str]) {
    for column in columns.iter_mut().filter(|c| names.contains(&c.name)) {
        column.rank = 0;
    }
}

/// What a line of a table stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    One,
    /// All that are not shown one by one.
    Rest,
    Total,
}

/// A line of a table.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub weight: Weight,
    pub cells: Vec<Value>,
}

/// A table. The first column holds the names; its heading is the section's title.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    pub columns: Vec<Column>,
    pub lines: Vec<Line>,
    /// Whether column names and units stand above; without, each value carries its unit.
    pub header: bool,
}

impl Grid {
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        Self { columns, lines: Vec::new(), header: true }
    }

    pub(crate) fn without_header(columns: Vec<Column>) -> Self {
        Self { columns, lines: Vec::new(), header: false }
    }

    pub(crate) fn push(&mut self, weight: Weight, cells: Vec<Value>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.lines.push(Line { weight, cells });
    }
}

/// How loud a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Quiet,
    Plain,
    Warning,
    Alarm,
}

/// A sentence or two under a table.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub tone: Tone,
    pub text: String,
    /// A line of its own below: how to go on.
    pub remedy: Option<String>,
}

impl Note {
    pub(crate) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), remedy: None }
    }
}

/// A section: a title, at most one table, notes.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub title: String,
    pub subtitle: Option<String>,
    pub grid: Option<Grid>,
    pub notes: Vec<Note>,
}

impl Section {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), subtitle: None, grid: None, notes: Vec::new() }
    }
}

/// A whole report.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    /// The command as it can be typed again.
    pub command: String,
    /// Exit, elapsed, CPUs busy.
    pub outcome: Vec<String>,
    /// Whether the outcome is a failure of the command.
    pub failed: bool,
    /// The machine, the tier, how many processes and threads.
    pub machine: Vec<String>,
    pub warnings: Vec<Note>,
    pub sections: Vec<Section>,
}
