//! Why an event could not be opened, in words, and what would allow it.

use super::Mode;
use crate::model::Host;
use std::io;

/// Why an event could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) why: String,
    pub(super) remedy: Option<String>,
    /// The user may not see the kernel, though the machine could count.
    pub(super) rights: bool,
}

pub(super) fn no_pmu(host: &Host) -> Refusal {
    let kind = if host.virtual_machine == Some(true) { " (virtual)" } else { "" };
    Refusal {
        why: format!("no PMU on this machine{kind}"),
        remedy: Some("a physical machine, or a virtual one whose host passes the PMU on".into()),
        rights: false,
    }
}

impl Refusal {
    pub(super) fn of(error: &io::Error, mode: Mode) -> Self {
        let errno = error.raw_os_error().unwrap_or(0);
        let rights = matches!(errno, libc::EACCES | libc::EPERM);
        let (why, remedy) = match errno {
            _ if rights && mode == Mode::User => {
                ("perf_event_open is refused to this user", "sudo sysctl kernel.perf_event_paranoid=2, or root")
            }
            _ if rights => {
                ("this user may not count in the kernel", "sudo sysctl kernel.perf_event_paranoid=1, or root")
            }
            libc::EMFILE => ("too many open files", "ulimit -n 65536"),
            libc::ENOSYS => ("the kernel has no perf events", "a kernel with CONFIG_PERF_EVENTS"),
            _ => return Self { why: format!("perf_event_open: {error}"), remedy: None, rights },
        };
        Self { why: why.into(), remedy: Some(remedy.into()), rights }
    }
}
