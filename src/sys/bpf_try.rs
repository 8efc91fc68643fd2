//! Whether the kernel lets this process load a BPF program of the kind the ledger is: by loading one that does nothing.
//!
//! Without libbpf, so that a build without the feature `bpf` can tell its user what the kernel would allow.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// `BPF_PROG_LOAD`.
const PROG_LOAD: libc::c_int = 5;
/// `BPF_PROG_TYPE_RAW_TRACEPOINT`: needs the same capabilities as a BTF tracepoint and no BTF.
const RAW_TRACEPOINT: u32 = 17;
/// `r0 = 0; exit`.
const PROGRAM: [u64; 2] = [0x0000_0000_0000_00b7, 0x0000_0000_0000_0095];

/// The head of `union bpf_attr` for `BPF_PROG_LOAD`; what is left out is zero to the kernel.
#[repr(C)]
struct Load {
    kind: u32,
    instructions: u32,
    program: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log: u64,
    kernel_version: u32,
    flags: u32,
}

/// Loads the program and lets it go again.
pub fn load() -> io::Result<()> {
    let license = c"Dual MIT/GPL";
    let load = Load {
        kind: RAW_TRACEPOINT,
        instructions: 2,
        program: PROGRAM.as_ptr().expose_provenance() as u64,
        license: license.as_ptr().expose_provenance() as u64,
        log_level: 0,
        log_size: 0,
        log: 0,
        kernel_version: 0,
        flags: 0,
    };
    // SAFETY: the structure and what it points to are live for the call, and the size given is the structure's.
    let fd = unsafe { libc::syscall(libc::SYS_bpf, PROG_LOAD, &raw const load, size_of::<Load>()) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    let fd = i32::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: the kernel just returned this descriptor and nothing else owns it.
    drop(unsafe { OwnedFd::from_raw_fd(fd) });
    Ok(())
}
