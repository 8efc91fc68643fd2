//! The measured process: started behind a gate or attached to, its signals, its end.
//!
//! Owns everything the command could notice of osmeter: its arguments, environment, ids, descriptors, signal state, terminal
//! and exit status are what they would be without it. Does not measure; collectors are armed between [`spawn`] and
//! [`Gated::open`]. Fed by fork, execve, wait4 and the signals sent to osmeter.

mod attach;
mod error;
mod program;
mod running;
mod signals;
mod user;
mod workload;

pub use attach::Attached;
pub use error::{AttachError, SpawnError};
pub use running::{Gated, Reaped, Running, exit_code};
pub use signals::Signals;
pub use user::UserName;
pub use workload::{Control, WorkloadError};

use crate::sys::fork::{self, Launch};
use nix::errno::Errno;
use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// What to start.
#[derive(Debug, Clone)]
pub struct Spec {
    /// What kind of thing.
    pub kind: Kind,
    /// The user to run it as, if not osmeter's own.
    pub user: Option<UserName>,
}

/// What kind of thing to start.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A command, as typed: program and arguments.
    Command(Vec<OsString>),
    /// A bundled workload, in a process of its own that executes osmeter again.
    Workload {
        /// Its name.
        name: String,
        /// Its parameters, `key=value`.
        args: Vec<String>,
    },
}

impl Spec {
    /// A command under osmeter's own user.
    pub fn command<S: Into<OsString>>(argv: impl IntoIterator<Item = S>) -> Self {
        Self { kind: Kind::Command(argv.into_iter().map(Into::into).collect()), user: None }
    }

    /// A bundled workload.
    pub fn workload(name: impl Into<String>, args: Vec<String>) -> Self {
        Self { kind: Kind::Workload { name: name.into(), args }, user: None }
    }
}

/// Forks a child that waits at its gate, ready to become what `spec` says.
pub fn spawn(spec: &Spec) -> Result<Gated, SpawnError> {
    match &spec.kind {
        Kind::Command(argv) => {
            let name = argv.first().map_or(OsStr::new(""), OsString::as_os_str);
            let found = program::find(name, std::env::var_os("PATH").as_deref());
            let path = found.map_err(|errno| SpawnError::exec(name, errno, false))?;
            start(&path, argv, spec.user.as_ref(), None)
        }
        Kind::Workload { name, args } => {
            let (path, argv) = workload::command(name, args);
            start_with_control(&path, &argv, spec.user.as_ref())
        }
    }
}

/// As [`start`], with a control descriptor handed down.
fn start_with_control(path: &Path, argv: &[OsString], user: Option<&UserName>) -> Result<Gated, SpawnError> {
    let kernel = |source| SpawnError::Kernel { what: "socketpair", source };
    let (ours, theirs) = UnixStream::pair().map_err(kernel)?;
    let mut gated = start(path, argv, user, Some(&theirs))?;
    gated.control = Some(Control::new(ours));
    Ok(gated)
}

fn start(
    path: &Path,
    argv: &[OsString],
    user: Option<&UserName>,
    control: Option<&UnixStream>,
) -> Result<Gated, SpawnError> {
    let name = argv.first().map_or(OsStr::new(""), OsString::as_os_str);
    let nul = |_| SpawnError::exec(name, Errno::EINVAL, false);
    let account = user.map(UserName::look_up).transpose()?;
    let mut environment = fork::raw_environment();
    if let Some(account) = &account {
        environment = account.environment(environment);
    }
    if control.is_some() {
        environment.extend(CString::new(format!("{}={}", workload::CONTROL_VARIABLE, workload::CONTROL_FD)));
    }
    let launch = Launch {
        program: CString::new(path.as_os_str().as_bytes()).map_err(nul)?,
        argv: argv.iter().map(|a| CString::new(a.clone().into_vec())).collect::<Result<_, _>>().map_err(nul)?,
        environment,
        ids: account.as_ref().filter(|a| !a.is_current()).map(|a| a.ids.clone()),
        inherit: control.map(|c| (c.as_fd(), workload::CONTROL_FD)),
    };
    let forked = fork::fork(&launch).map_err(|source| SpawnError::Kernel { what: "fork", source })?;
    Gated::new(forked, name.to_owned(), PathBuf::from(path), account)
        .map_err(|(what, source): (&'static str, io::Error)| SpawnError::Kernel { what, source })
}

#[cfg(test)]
mod tests;
