//! Becoming another user, for good, in a forked child.

use std::io;

/// Ids to take on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids {
    /// Real, effective and saved user id.
    pub uid: libc::uid_t,
    /// Real, effective and saved group id.
    pub gid: libc::gid_t,
    /// Supplementary groups.
    pub groups: Vec<libc::gid_t>,
}

/// `struct __user_cap_header_struct` of the kernel.
#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: i32,
}

/// `struct __user_cap_data_struct`: version 3 takes two, for 64 capabilities.
#[repr(C)]
#[derive(Clone, Copy)]
struct CapabilityData {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// `_LINUX_CAPABILITY_VERSION_3`.
const CAPABILITY_VERSION: u32 = 0x2008_0522;

impl Ids {
    /// Takes the ids on and, for any user but root, drops every capability. Async-signal-safe, and to be called in a process
    /// of one thread only: the raw calls change the calling thread alone, where the C library's would signal every thread.
    ///
    /// The change of user makes the process undumpable until `execve`, so the new user cannot look into what the fork
    /// copied from osmeter.
    pub fn take_on(&self) -> io::Result<()> {
        // SAFETY: `groups` is a live array of the length given; the other calls take integers.
        unsafe {
            check(libc::syscall(libc::SYS_setgroups, self.groups.len(), self.groups.as_ptr()))?;
            check(libc::syscall(libc::SYS_setresgid, self.gid, self.gid, self.gid))?;
            check(libc::syscall(libc::SYS_setresuid, self.uid, self.uid, self.uid))?;
        }
        if self.uid == 0 {
            return Ok(());
        }
        // The change from root clears the permitted, effective and ambient sets but leaves the inheritable one.
        let header = CapabilityHeader { version: CAPABILITY_VERSION, pid: 0 };
        let none = [CapabilityData { effective: 0, permitted: 0, inheritable: 0 }; 2];
        // SAFETY: both pointers are to live structures of the layout that version 3 of the call takes.
        check(unsafe { libc::syscall(libc::SYS_capset, &raw const header, none.as_ptr()) })
    }
}

fn check(rc: libc::c_long) -> io::Result<()> {
    if rc == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
