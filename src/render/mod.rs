//! From a profile to what a person or a machine reads, and to where it goes.
//!
//! `sections` decides what is said; `table`, `markdown`, `json` and `csv` decide how it looks; `deliver` writes it. A new format is
//! a file and a line in `formats!`. Knows the model only: nothing here asks the system for a number.

pub mod check;
mod csv;
mod deliver;
pub mod doctor;
mod grid;
mod json;
mod markdown;
mod sections;
mod style;
mod table;
mod text;
mod units;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use deliver::{DeliverError, deliver, deliverable};
pub use json::{ParseError, parse};
pub use style::{ColorChoice, NARROWEST, SortKey, Style, WIDEST};

use crate::model::Profile;

/// Why a profile cannot be shown in a format.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The format shows one table, and that was not measured.
    #[error("{what} were not measured ({why}), so there is no such table; --format table or json shows the rest")]
    NotMeasured {
        /// What.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// Not representable as JSON.
    #[error("cannot write JSON: {0}")]
    Json(serde_json::Error),
    /// Not representable as CSV.
    #[error("cannot write CSV: {0}")]
    Csv(::csv::Error),
}

/// The registry of formats: variant, name on the command line, the function that renders.
macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident $name:literal $render:path;)*) => {
        /// A format of the report.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum Format { $($(#[$doc])* $variant,)* }

        impl Format {
            /// Every format.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            fn render(self) -> fn(&Profile, &Style) -> Result<String, RenderError> {
                match self { $(Self::$variant => $render,)* }
            }
        }
    };
}

formats! {
    /// Tables for a person at a terminal.
    #[default]
    Table "table" table::render;
    /// Everything, for machines and for `osmeter report`.
    Json "json" json::render;
    /// The system call table.
    Csv "csv" csv::syscalls;
    /// The thread table.
    CsvThreads "csv-threads" csv::threads;
    /// The tables for an issue or a README.
    Markdown "markdown" markdown::render;
}

impl Format {
    /// The format of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.name() == name)
    }
}

/// A profile in a format, ending with a line break.
pub fn profile(profile: &Profile, format: Format, style: &Style) -> Result<String, RenderError> {
    format.render()(profile, style)
}
