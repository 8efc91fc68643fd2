//! `name=value` arguments: parsing, bounds, and errors that name what is valid.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::os::{cpus, tempfile};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why an argument is not valid. Each prints as one line that says what would be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// No such workload.
    #[error("no workload is called '{name}'{}; `osmeter workload` lists them", nearest(.near, ""))]
    UnknownWorkload {
        /// What was given.
        name: String,
        /// The nearest valid names, best first; may be empty.
        near: Vec<String>,
    },
    /// No such parameter.
    #[error("{workload} has no parameter '{name}'{}; it has {}", nearest(.near, "="), .valid.join(", "))]
    UnknownParameter {
        /// The workload.
        workload: String,
        /// What was given.
        name: String,
        /// The nearest valid names, best first; may be empty.
        near: Vec<String>,
        /// All valid names.
        valid: Vec<String>,
    },
    /// A value that the parameter does not take.
    #[error("{parameter}={value} is not valid{}: {expected}", nearest(.near, ""))]
    BadValue {
        /// The parameter.
        parameter: String,
        /// What was given.
        value: String,
        /// What is valid: bounds or choices.
        expected: String,
        /// The nearest valid values, best first; may be empty.
        near: Vec<String>,
    },
    /// Not of the form `name=value`.
    #[error("'{given}' is not of the form name=value; {workload} takes {}", .valid.join(", "))]
    NotAPair {
        /// The workload.
        workload: String,
        /// What was given.
        given: String,
        /// All valid names.
        valid: Vec<String>,
    },
    /// One parameter given twice.
    #[error("{parameter} is given twice; give it once")]
    Twice {
        /// The parameter.
        parameter: String,
    },
}

fn nearest(near: &[String], suffix: &str) -> String {
    match near.first() {
        Some(best) => format!(" (did you mean '{best}{suffix}'?)"),
        None => String::new(),
    }
}

/// The valid names near a wrong one, best first.
pub(crate) fn near<'a>(given: &str, valid: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut scored: Vec<(f64, &str)> = valid.map(|v| (strsim::jaro_winkler(given, v), v)).collect();
    scored.retain(|(score, _)| *score > 0.7);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(3).map(|(_, v)| v.to_string()).collect()
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Number(u64),
    Word(&'static str),
    Cpus(Option<Vec<usize>>),
    Folder(PathBuf),
}

/// The parsed arguments of one workload; every parameter has a valid value.
#[derive(Debug, Clone)]
pub struct Arguments {
    workload: &'static str,
    values: BTreeMap<&'static str, (String, Value)>,
}

impl Arguments {
    /// Parses `name=value` pairs; what is not given takes its default.
    pub fn parse(workload: &Workload, given: &[String]) -> Result<Self, ArgumentError> {
        let valid = || workload.all_parameters().map(|p| p.name.to_string()).collect::<Vec<_>>();
        let mut values: BTreeMap<&'static str, (String, Value)> = BTreeMap::new();
        for pair in given {
            let Some((name, text)) = pair.split_once('=') else {
                let (workload, given) = (workload.name.into(), pair.clone());
                return Err(ArgumentError::NotAPair { workload, given, valid: valid() });
            };
            let Some(parameter) = workload.parameter(name) else {
                return Err(ArgumentError::UnknownParameter {
                    workload: workload.name.into(),
                    name: name.into(),
                    near: near(name, workload.all_parameters().map(|p| p.name)),
                    valid: valid(),
                });
            };
            let value = parse_value(parameter, text)?;
            if values.insert(parameter.name, (text.into(), value)).is_some() {
                return Err(ArgumentError::Twice { parameter: name.into() });
            }
        }
        for parameter in workload.all_parameters() {
            if !values.contains_key(parameter.name) {
                let value = parse_value(parameter, parameter.default)?;
                values.insert(parameter.name, (parameter.default.into(), value));
            }
        }
        Ok(Arguments { workload: workload.name, values })
    }

    /// Every parameter as it was written, defaults included.
    pub fn written(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values.iter().map(|(name, (text, _))| (*name, text.as_str()))
    }

    fn value(&self, name: &str) -> &Value {
        match self.values.get(name) {
            Some((_, value)) => value,
            None => panic!("workload {} reads parameter {name}, which it does not declare", self.workload),
        }
    }

    /// A parameter of kind `Integer` or `Bytes`.
    pub fn number(&self, name: &str) -> u64 {
        match self.value(name) {
            Value::Number(n) => *n,
            other => panic!("workload {}: parameter {name} is no number but {other:?}", self.workload),
        }
    }

    /// A number used as a size or an index.
    pub fn size(&self, name: &str) -> usize {
        self.number(name) as usize
    }

    /// A parameter of kind `Duration`.
    pub fn duration(&self, name: &str) -> Duration {
        Duration::from_nanos(self.number(name))
    }

    /// A parameter of kind `Choice`.
    pub fn word(&self, name: &str) -> &'static str {
        match self.value(name) {
            Value::Word(w) => w,
            other => panic!("workload {}: parameter {name} is no choice but {other:?}", self.workload),
        }
    }

    /// The CPUs asked for, or None for any.
    pub fn cpus(&self) -> Option<&[usize]> {
        match self.value("cpu") {
            Value::Cpus(list) => list.as_deref(),
            other => panic!("workload {}: cpu is no list but {other:?}", self.workload),
        }
    }

    /// A parameter of kind `Folder`.
    pub fn folder(&self, name: &str) -> &Path {
        match self.value(name) {
            Value::Folder(path) => path,
            other => panic!("workload {}: parameter {name} is no folder but {other:?}", self.workload),
        }
    }
}

fn parse_value(parameter: &Parameter, text: &str) -> Result<Value, ArgumentError> {
    let bad = |expected: String, near: Vec<String>| ArgumentError::BadValue {
        parameter: parameter.name.into(),
        value: text.into(),
        expected,
        near,
    };
    let bounded = |n: Option<u64>, min: u64, max: u64, show: fn(u64) -> String, form: &str| {
        let range = format!("{form} from {} to {}", show(min), show(max));
        match n {
            Some(n) if n < min => Err(bad(range, vec![show(min)])),
            Some(n) if n > max => Err(bad(range, vec![show(max)])),
            Some(n) => Ok(Value::Number(n)),
            None => Err(bad(range, Vec::new())),
        }
    };
    match parameter.kind {
        Kind::Integer { min, max } => bounded(scaled(text, &INTEGER), min, max, |n| n.to_string(), "a whole number"),
        Kind::Bytes { min, max } => bounded(scaled(text, &BYTES), min, max, show_bytes, "a size (4096, 4k, 10M, 1G)"),
        Kind::Duration { min_ns, max_ns } => {
            bounded(scaled(text, &TIME), min_ns, max_ns, show_time, "a time (270ns, 20us, 2ms, 1s)")
        }
        Kind::Choice(words) => match words.iter().find(|w| **w == text) {
            Some(word) => Ok(Value::Word(word)),
            None => Err(bad(format!("one of {}", words.join(", ")), near(text, words.iter().copied()))),
        },
        Kind::Cpus => {
            let allowed = cpus::allowed();
            match cpus::parse(text, &allowed) {
                Some(list) => Ok(Value::Cpus(list)),
                None => Err(bad(format!("any, one, or a list of the CPUs {}", cpus::show(&allowed)), Vec::new())),
            }
        }
        Kind::Folder => {
            let path = if text == "auto" { tempfile::folder() } else { PathBuf::from(text) };
            if path.is_dir() {
                Ok(Value::Folder(path))
            } else {
                Err(bad("a folder that exists, or auto".into(), vec![]))
            }
        }
    }
}

const INTEGER: [(&str, u64); 3] = [("", 1), ("k", 1_000), ("M", 1_000_000)];
const BYTES: [(&str, u64); 4] = [("", 1), ("k", 1 << 10), ("M", 1 << 20), ("G", 1 << 30)];
const TIME: [(&str, u64); 4] = [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];

/// A number with one of the suffixes, in whole units; `0` needs no suffix.
fn scaled(text: &str, suffixes: &[(&str, u64)]) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let factor = suffixes.iter().find(|(s, _)| *s == suffix)?.1;
    match number.parse::<u64>() {
        Ok(n) => n.checked_mul(factor),
        Err(_) => {
            let n = number.parse::<f64>().ok()? * factor as f64;
            (n.fract() == 0.0 && (0.0..1e18).contains(&n)).then_some(n as u64)
        }
    }
}

pub(crate) fn show_bytes(n: u64) -> String {
    show_scaled(n, &BYTES)
}

pub(crate) fn show_time(n: u64) -> String {
    show_scaled(n, &TIME)
}

fn show_scaled(n: u64, suffixes: &[(&str, u64)]) -> String {
    match suffixes.iter().rev().find(|(_, factor)| n >= *factor && n.is_multiple_of(*factor)) {
        Some((suffix, factor)) if n > 0 => format!("{}{suffix}", n / factor),
        _ => n.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(name: &str) -> &'static Workload {
        crate::find(name).expect("a bundled workload")
    }

    fn parse(name: &str, given: &[&str]) -> Result<Arguments, ArgumentError> {
        Arguments::parse(find(name), &given.iter().map(|s| s.to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn every_default_is_valid_and_every_name_is_unique() {
        let mut names: Vec<&str> = crate::all().iter().map(|w| w.name).collect();
        for workload in crate::all() {
            Arguments::parse(workload, &[]).unwrap_or_else(|e| panic!("{}: {e}", workload.name));
            let mut own: Vec<&str> = workload.all_parameters().map(|p| p.name).collect();
            let count = own.len();
            own.sort_unstable();
            own.dedup();
            assert_eq!(own.len(), count, "{} names a parameter twice", workload.name);
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn suffixes_scale_and_bad_ones_do_not() {
        assert_eq!(scaled("4k", &BYTES), Some(4096));
        assert_eq!(scaled("1.5ms", &TIME), Some(1_500_000));
        assert_eq!(scaled("20k", &INTEGER), Some(20_000));
        for bad in ["", "k", "-1", "1.0001ns", "12parsecs", "99999999999999999999", "nan"] {
            assert_eq!(scaled(bad, &TIME), None, "{bad}");
        }
    }

    #[test]
    fn a_wrong_name_gives_the_nearest_one() {
        let error = parse("syscalls", &["kidn=getppid"]).unwrap_err();
        assert!(error.to_string().contains("did you mean 'kind='"), "{error}");
        let error = parse("syscalls", &["kind=getpid"]).unwrap_err();
        assert!(error.to_string().contains("'getppid'"), "{error}");
        let error = parse("syscalls", &["getppid"]).unwrap_err();
        assert!(error.to_string().contains("name=value"), "{error}");
    }

    #[test]
    fn a_value_out_of_bounds_gives_the_bounds() {
        let error = parse("syscalls", &["n=0"]).unwrap_err();
        assert!(error.to_string().contains("from 1 to"), "{error}");
        assert!(matches!(parse("syscalls", &["n=5", "n=6"]), Err(ArgumentError::Twice { .. })));
        assert!(parse("syscalls", &["cpu=9999"]).unwrap_err().to_string().contains("list of the CPUs"));
    }
}
