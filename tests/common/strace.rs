//! `strace -f -c` as an independent count of system calls.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

/// Calls and errors by name.
pub type Counts = BTreeMap<String, (u64, u64)>;

/// What strace counted, by table.
#[derive(Debug, Default)]
pub struct Summary {
    /// The machine's own table.
    pub native: Counts,
    /// The 32-bit table.
    pub compat32: Counts,
}

/// Runs the command under `strace -f -c`.
pub fn count(argv: &[&str]) -> Summary {
    let folder = super::scratch();
    let file = folder.path().join("strace");
    let mut command = Command::new("strace");
    command.args(["-f", "-c", "-o"]).arg(&file).args(argv).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(file.exists(), "{command:?}: {output:?}");
    parse(&std::fs::read_to_string(file).unwrap())
}

/// A row is `% time, seconds, usecs/call, calls, [errors,] name`; tables but the first have a line with their name.
fn parse(text: &str) -> Summary {
    let mut summary = Summary::default();
    let mut in_32_bit = false;
    for line in text.lines() {
        if line.starts_with("System call usage summary") {
            in_32_bit = line.contains("32 bit");
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let (calls, errors, name) = match words[..] {
            [_, _, _, calls, errors, name] => (calls, errors.parse(), name),
            [_, _, _, calls, name] => (calls, Ok(0), name),
            _ => continue,
        };
        if let (Ok(calls), Ok(errors), false) = (calls.parse(), errors, name == "total") {
            let table = if in_32_bit { &mut summary.compat32 } else { &mut summary.native };
            table.insert(name.to_owned(), (calls, errors));
        }
    }
    summary
}
