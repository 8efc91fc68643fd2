//! Kernel records as bytes and back.

use super::raw;

/// A record that any bytes of its size are a valid value of.
///
/// # Safety
/// The type is `repr(C)`, made of integers and arrays of them, without padding that is read as anything.
pub unsafe trait Plain: Copy {}

// SAFETY: generated from ledger.h as repr(C) structures of fixed-width integers, arrays and each other.
unsafe impl Plain for raw::record {}
// SAFETY: as above.
unsafe impl Plain for raw::thread {}
// SAFETY: as above.
unsafe impl Plain for raw::row {}
// SAFETY: as above.
unsafe impl Plain for raw::totals {}
// SAFETY: as above.
unsafe impl Plain for raw::reason_key {}
// SAFETY: as above.
unsafe impl Plain for raw::work {}

/// The record that the bytes hold; None if they are too few. More are ignored: the kernel pads to 8 bytes.
pub fn read<T: Plain>(bytes: &[u8]) -> Option<T> {
    if bytes.len() < size_of::<T>() {
        return None;
    }
    // SAFETY: the length was checked, the read is unaligned, and any bytes are a valid T (`Plain`).
    Some(unsafe { bytes.as_ptr().cast::<T>().read_unaligned() })
}

/// The bytes of a record.
pub fn of<T: Plain>(record: &T) -> &[u8] {
    // SAFETY: a T is size_of::<T>() initialised bytes: `Plain` types have no padding (ledger.h orders its fields so).
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(record).cast(), size_of::<T>()) }
}
