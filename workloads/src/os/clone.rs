//! The raw clone call with chosen sharing flags, so that arms differ in exactly one flag.

use super::child::Child;
use crate::Failure;

const STACK: usize = 256 << 10;

/// Creates a task by clone() with these sharing flags (CLONE_VM, CLONE_FILES, …) and SIGCHLD; it runs `body`.
///
/// With CLONE_VM and no CLONE_SETTLS the task shares the creator's thread-local storage, errno included. So `body` may
/// use atomics, plain memory and raw system calls whose errno it does not read: no allocation, no std I/O, no locks.
/// With CLONE_FILES absent each task has its own descriptor table: a shared one makes every call on a descriptor take
/// a reference, which alone is dearer than an address-space switch and hides it.
pub(crate) fn spawn(flags: i32, body: Box<dyn FnOnce() -> i32 + Send>) -> Result<Child, Failure> {
    extern "C" fn enter(body: *mut libc::c_void) -> libc::c_int {
        super::limits::die_with_parent();
        // SAFETY: `body` came from Box::into_raw below and runs once; it is read out and never freed, since freeing
        // would enter the allocator with another task's thread-local storage.
        let body = unsafe { body.cast::<Box<dyn FnOnce() -> i32 + Send>>().read() };
        body()
    }
    // SAFETY: a new anonymous mapping at an address of the kernel's choice; never unmapped, the process is short.
    let stack = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            STACK,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK,
            -1,
            0,
        )
    };
    if stack == libc::MAP_FAILED {
        return Err(Failure::os("map a stack"));
    }
    let argument = Box::into_raw(Box::new(body));
    // SAFETY: the stack is ours, its top is 16-byte aligned and lives on; `enter` only does what `body` may (above).
    match unsafe { libc::clone(enter, stack.byte_add(STACK), flags | libc::SIGCHLD, argument.cast()) } {
        -1 => Err(Failure::os("clone")),
        pid => Ok(Child::adopt(pid)),
    }
}
