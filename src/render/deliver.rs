//! Where a report goes: stderr, or a file that is there whole or not at all. A report that cannot be written to its file goes to
//! stderr instead, so that the measurement is never lost.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The report could not be written where it was wanted.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The file could not be written; the text went to stderr.
    #[error("cannot write the report to {path}: {why}; it is on stderr instead: give -o a file that can be written")]
    File {
        /// The file, escaped.
        path: String,
        /// Why.
        why: String,
    },
    /// Not even stderr took it.
    #[error("cannot write the report to stderr: {0}")]
    Stderr(io::Error),
}

/// Writes a report to stderr, or to `file`: `-` and `/dev/stdout` are stdout, devices and FIFOs are written to, anything else is
/// replaced by a new file in one step (a symbolic link too: it is replaced, never followed).
pub fn deliver(text: &str, file: Option<&Path>) -> Result<(), DeliverError> {
    let Some(path) = file else { return unless_closed(io::stderr().lock(), text).map_err(DeliverError::Stderr) };
    let Err(why) = to_file(text, path) else { return Ok(()) };
    unless_closed(io::stderr().lock(), text).map_err(DeliverError::Stderr)?;
    Err(DeliverError::File { path: path.to_string_lossy().escape_debug().to_string(), why: reason(&why) })
}

/// The operating system's words without Rust's `(os error 13)`.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// A reader that has gone away (`| head`) is no error.
fn unless_closed(mut to: impl Write, text: &str) -> io::Result<()> {
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn to_file(text: &str, path: &Path) -> io::Result<()> {
    match path.as_os_str().as_bytes() {
        b"-" | b"/dev/stdout" | b"/dev/fd/1" | b"/proc/self/fd/1" => return unless_closed(io::stdout().lock(), text),
        b"/dev/stderr" | b"/dev/fd/2" | b"/proc/self/fd/2" => return unless_closed(io::stderr().lock(), text),
        b"" => return Err(io::Error::new(ErrorKind::InvalidInput, "the file's name is empty")),
        _ => {}
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    // In /dev and /proc nothing can or may be renamed: /dev/fd/3 is a link, and what it leads to is meant.
    if fs::canonicalize(&folder)
        .is_ok_and(|f| f.starts_with("/dev") && !f.starts_with("/dev/shm") || f.starts_with("/proc"))
    {
        return directly(text, path, 0);
    }
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Err(io::Error::new(ErrorKind::IsADirectory, "it is a directory")),
        Ok(found) if found.file_type().is_fifo() || found.file_type().is_char_device() => {
            directly(text, path, libc::O_NOFOLLOW)
        }
        Ok(found) if found.is_file() => by_rename(text, path, &folder, Some(found.permissions().mode())),
        Ok(found) if found.file_type().is_block_device() || found.file_type().is_socket() => {
            Err(io::Error::new(ErrorKind::InvalidInput, "it is neither a file nor a pipe"))
        }
        _ => by_rename(text, path, &folder, None),
    }
}

/// Into something that already is: a pipe, a terminal, an inherited descriptor.
fn directly(text: &str, path: &Path, flags: i32) -> io::Result<()> {
    let file = OpenOptions::new().append(true).custom_flags(flags | libc::O_NOCTTY).open(path)?;
    if file.metadata()?.file_type().is_block_device() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is neither a file nor a pipe"));
    }
    unless_closed(file, text)
}

/// A new file beside the old one, complete on the disk before it takes the name.
fn by_rename(text: &str, path: &Path, folder: &Path, mode: Option<u32>) -> io::Result<()> {
    if path.file_name().unwrap_or(OsStr::new("")).is_empty() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file name"));
    }
    let mut builder = tempfile::Builder::new();
    // 0666 less the umask, as a shell's `>` gives; tempfile's own default is 0600.
    builder.prefix(".osmeter-").permissions(Permissions::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(without_path)?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(Permissions::from_mode(mode & 0o777))?;
    }
    file.write_all(text.as_bytes()).map_err(without_path)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// tempfile adds the temporary name, which says nothing to the user.
fn without_path(error: io::Error) -> io::Error {
    let raw = error.get_ref().and_then(|e| e.source().and_then(|s| s.downcast_ref::<io::Error>()?.raw_os_error()));
    raw.or(error.raw_os_error()).map_or_else(|| io::Error::from(error.kind()), io::Error::from_raw_os_error)
}
