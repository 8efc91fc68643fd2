//! The terminal's size.

use std::os::fd::{AsFd, AsRawFd};

/// Columns of the terminal behind a descriptor (`TIOCGWINSZ`), if it says.
pub fn width(fd: impl AsFd) -> Option<usize> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCGWINSZ writes one winsize, which outlives the call; the descriptor is open for as long as `fd` is.
    let done = unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) };
    (done == 0).then(|| usize::from(size.ws_col))
}
