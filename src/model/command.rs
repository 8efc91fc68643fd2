//! What was measured, and how it ended.

use serde::{Deserialize, Serialize};

/// What kind of thing was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Subject {
    /// A command that osmeter started.
    Command,
    /// A process that already ran.
    Attached {
        /// Its id.
        tgid: u32,
    },
    /// A bundled workload, measured between its own gates.
    Workload {
        /// Its name.
        name: String,
        /// Its parameters, defaults included.
        parameters: Vec<(String, String)>,
        /// What it says of itself: operations, expected counters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        report: Option<serde_json::Value>,
    },
}

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It returned this status.
    Status(i32),
    /// It was ended by this signal.
    Signal {
        /// The signal's number.
        signal: i32,
        /// Whether a core was dumped.
        core: bool,
    },
    /// It still ran when the measurement ended.
    Running,
}

/// The measured command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Program and arguments, as typed. Bytes that are not UTF-8 are replaced.
    pub argv: Vec<String>,
    /// Working directory.
    pub cwd: String,
    /// Its process id.
    pub tgid: u32,
    /// What kind of thing it is.
    pub subject: Subject,
    /// How it ended.
    pub exit: Exit,
}
