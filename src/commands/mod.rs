//! One file per subcommand: the order of events, nothing else.

pub mod report;
