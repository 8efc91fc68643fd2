//! Names of system calls and errors. The numbers are the kernel's tables, through the crate `syscalls`.

use crate::model::Abi;

/// The name of a call, or `syscall_NNN` for a number that the table does not know.
pub fn call_name(abi: Abi, number: u32) -> String {
    known(abi, number).map_or_else(|| format!("syscall_{number}"), str::to_owned)
}

/// The number of a call in the machine's own table.
pub fn call_number(name: &str) -> Option<u32> {
    name.parse::<syscalls::Sysno>().ok().and_then(|call| u32::try_from(call.id()).ok())
}

/// The name of an error (`ENOENT`), or `errno_NNN`.
pub fn error_name(errno: i32) -> String {
    match errno {
        524 => "ENOTSUPP".to_owned(), // not for user space, but some drivers let it out
        _ => syscalls::Errno::new(errno).name().map_or_else(|| format!("errno_{errno}"), str::to_owned),
    }
}

/// Numbers of the calls whose first argument is a descriptor that they may wait on.
pub fn descriptor_calls() -> Vec<u32> {
    const NAMES: [&str; 36] = [
        "read",
        "write",
        "pread64",
        "pwrite64",
        "readv",
        "writev",
        "preadv",
        "pwritev",
        "preadv2",
        "pwritev2",
        "recvfrom",
        "recvmsg",
        "recvmmsg",
        "sendto",
        "sendmsg",
        "sendmmsg",
        "accept",
        "accept4",
        "connect",
        "ioctl",
        "fsync",
        "fdatasync",
        "sync_file_range",
        "sendfile",
        "splice",
        "tee",
        "vmsplice",
        "copy_file_range",
        "fallocate",
        "ftruncate",
        "flock",
        "fcntl",
        "getdents64",
        "fstat",
        "close",
        "shutdown",
    ];
    NAMES.iter().filter_map(|name| call_number(name)).collect()
}

#[cfg(target_arch = "x86_64")]
fn known(abi: Abi, number: u32) -> Option<&'static str> {
    let number = usize::try_from(number).ok()?;
    match abi {
        Abi::Native => syscalls::x86_64::Sysno::new(number).map(|call| call.name()),
        Abi::Compat32 => syscalls::x86::Sysno::new(number).map(|call| call.name()),
    }
}

#[cfg(target_arch = "aarch64")]
fn known(abi: Abi, number: u32) -> Option<&'static str> {
    let number = usize::try_from(number).ok()?;
    match abi {
        Abi::Native => syscalls::aarch64::Sysno::new(number).map(|call| call.name()),
        Abi::Compat32 => syscalls::arm::Sysno::new(number).map(|call| call.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn the_same_number_is_another_call_in_the_32_bit_table() {
        assert_eq!(call_name(Abi::Native, 3), "close");
        assert_eq!(call_name(Abi::Compat32, 3), "read");
    }

    #[test]
    fn unknown_numbers_are_named_by_number() {
        assert_eq!(call_name(Abi::Native, 5_000), "syscall_5000");
        assert_eq!(error_name(2), "ENOENT");
        assert_eq!(error_name(3_000), "errno_3000");
    }

    #[test]
    fn every_descriptor_call_has_a_number_here() {
        // aarch64 has no `fstat`-like omissions among these; a misspelt name would silently lose its descriptor kind.
        assert_eq!(descriptor_calls().len(), 36);
    }
}
