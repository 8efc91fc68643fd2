//! Throwaway guests: experiments that would harm this machine, on an emulated one.

use super::bench::{BenchError, Run};
use std::path::PathBuf;

/// Where guests come from.
#[derive(Debug, Clone)]
pub struct Guest {
    kernel: Option<PathBuf>,
}

impl Guest {
    /// With this kernel image, or with one from the usual places.
    pub fn new(kernel: Option<PathBuf>) -> Self {
        Self { kernel }
    }

    /// Runs an experiment.
    pub fn run(&self, experiment: &str) -> Result<Run, BenchError> {
        let _ = (&self.kernel, experiment);
        Err(BenchError::Unavailable("qemu and a kernel image".into()))
    }
}
