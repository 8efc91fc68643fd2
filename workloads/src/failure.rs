//! Why a workload did not finish.

/// Why a workload did not finish. Each prints as one line.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A call to the operating system failed.
    #[error("{what}: {source}")]
    Os {
        /// What was tried, as an infinitive: `create a pipe`.
        what: String,
        /// What the kernel answered.
        source: std::io::Error,
    },
    /// The work was done and its result is wrong.
    #[error("wrong result: {0}")]
    Wrong(String),
    /// This machine, or this user, cannot run it.
    #[error("not available here: {why}; {remedy}")]
    Unavailable {
        /// What is missing.
        why: String,
        /// How to get it, or which arm works without.
        remedy: String,
    },
}

impl Failure {
    /// The last error of the operating system, with what was tried.
    pub fn os(what: impl Into<String>) -> Self {
        Failure::Os { what: what.into(), source: std::io::Error::last_os_error() }
    }

    /// For `map_err`: an I/O or nix error with what was tried.
    pub fn of<E: Into<std::io::Error>>(what: impl Into<String>) -> impl FnOnce(E) -> Failure {
        let what = what.into();
        move |e| Failure::Os { what, source: e.into() }
    }

    /// The result is wrong.
    pub fn wrong(what: impl Into<String>) -> Self {
        Failure::Wrong(what.into())
    }

    /// It cannot run here.
    pub fn unavailable(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Failure::Unavailable { why: why.into(), remedy: remedy.into() }
    }
}

/// `Err(Wrong)` unless the condition holds.
pub(crate) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::Wrong(otherwise())) }
}
