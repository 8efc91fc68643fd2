//! What the kernel side's call words and descriptor kinds mean (`ledger.h`).

use crate::collect::call_names::call_name;
use crate::model::Abi;
use crate::sys::bpf::{CALL_COMPAT, CALL_FIRST};

/// A call word taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doing {
    /// User mode.
    Outside,
    /// Kernel work that is no call, by its pseudo number.
    Work(u32),
    /// A system call.
    Call(Abi, u32),
}

impl Doing {
    /// From the kernel side's word.
    pub fn from_word(word: u32) -> Self {
        match word {
            0 => Self::Outside,
            1..CALL_FIRST => Self::Work(word),
            _ => {
                let abi = if word & CALL_COMPAT == 0 { Abi::Native } else { Abi::Compat32 };
                Self::Call(abi, (word & !CALL_COMPAT) - CALL_FIRST)
            }
        }
    }
}

/// Kernel work outside calls, by its pseudo number.
pub fn work_name(number: u32) -> &'static str {
    match number {
        1 => "thread start",
        2 => "exit",
        3 => "I/O worker",
        5 => "calls without a row",
        _ => "other",
    }
}

/// What a thread was blocked in and on: `("read", Some("pipe"))`.
pub fn reason_names(call: u32, kind: u32) -> (String, Option<String>) {
    const DISK: u32 = 32;
    const STOPPED: u32 = 33;
    const TRACED: u32 = 34;
    let on = kind_name(kind).map(str::to_owned);
    match (Doing::from_word(call), kind) {
        (_, STOPPED) => ("stopped".to_owned(), None),
        (_, TRACED) => ("traced".to_owned(), None),
        (Doing::Outside, DISK) => ("page fault".to_owned(), on),
        (Doing::Outside, _) => ("page fault".to_owned(), None),
        (Doing::Work(number), _) => (work_name(number).to_owned(), on),
        (Doing::Call(abi, number), _) => (call_name(abi, number), on),
    }
}

fn kind_name(kind: u32) -> Option<&'static str> {
    Some(match kind {
        1 => "pipe",
        2 => "socket",
        3 => "regular file",
        4 => "terminal",
        5 => "character device",
        6 => "block device",
        7 => "directory",
        8 => "eventfd",
        9 => "epoll",
        10 => "timerfd",
        11 => "signalfd",
        12 => "inotify",
        13 => "anonymous file",
        32 => "disk",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_word_is_a_number_and_a_table() {
        assert_eq!(Doing::from_word(0), Doing::Outside);
        assert_eq!(Doing::from_word(2), Doing::Work(2));
        assert_eq!(Doing::from_word(16), Doing::Call(Abi::Native, 0));
        assert_eq!(Doing::from_word(CALL_COMPAT | 19), Doing::Call(Abi::Compat32, 3));
    }

    #[test]
    fn off_cpu_outside_a_call_is_a_page_fault_unless_stopped() {
        assert_eq!(reason_names(0, 0), ("page fault".to_owned(), None));
        assert_eq!(reason_names(0, 32), ("page fault".to_owned(), Some("disk".to_owned())));
        assert_eq!(reason_names(0, 33).0, "stopped");
    }
}
