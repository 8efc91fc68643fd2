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
    /// The file could not be written; nothing was run.
    #[error("cannot write the report to {path}: {why}; nothing was run: give -o a file that can be written")]
    Beforehand {
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

/// Whether a report could be written to `file` now: asked before a command runs, not after its hour is up.
pub fn deliverable(file: Option<&Path>) -> Result<(), DeliverError> {
    let Some(path) = file else { return Ok(()) };
    let there = fs::symlink_metadata(path);
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let tried = match there {
        Ok(found) if found.is_dir() => Err(io::Error::new(ErrorKind::IsADirectory, "it is a directory")),
        // A device, a pipe, an inherited descriptor: opening it may already be noticed.
        Ok(found) if !found.is_file() => Ok(()),
        _ if path == Path::new("-") => Ok(()),
        _ => tempfile::Builder::new().prefix(".osmeter-").tempfile_in(folder).map(drop),
    };
    tried.map_err(|why| DeliverError::Beforehand {
        path: path.to_string_lossy().escape_debug().to_string(),
        why: reason(&why),
    })
}

/// The operating system's words, without Rust's `(os error 13)` and the temporary file's name that tempfile adds after it.
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
    let mut file = builder.tempfile_in(folder)?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(Permissions::from_mode(mode & 0o777))?;
    }
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::Mode;
    use std::io::Read;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::symlink;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    /// Names in a folder, sorted: no temporary file is left among them.
    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_has_the_whole_text_and_the_rights_a_shell_would_give() {
        let folder = folder();
        let (ours, shells) = (folder.path().join("report"), folder.path().join("shell"));
        to_file("text\n", &ours).unwrap();
        fs::write(&shells, "").unwrap();
        assert_eq!(fs::read_to_string(&ours).unwrap(), "text\n");
        assert_eq!(fs::metadata(&ours).unwrap().permissions(), fs::metadata(&shells).unwrap().permissions());
        assert_eq!(names(folder.path()), ["report", "shell"]);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_known_beforehand_and_nothing_is_left() {
        let folder = folder();
        assert!(deliverable(Some(folder.path())).is_err());
        assert!(deliverable(Some(&folder.path().join("gone/report"))).is_err());
        deliverable(Some(&folder.path().join("report"))).unwrap();
        deliverable(Some(Path::new("/dev/null"))).unwrap();
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn an_old_file_is_replaced_and_keeps_its_rights() {
        let folder = folder();
        let path = folder.path().join("report");
        fs::write(&path, "a much longer text than the new one").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        to_file("new", &path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_planted_link_is_replaced_and_what_it_leads_to_is_untouched() {
        let folder = folder();
        let (link, victim) = (folder.path().join("report"), folder.path().join("victim"));
        fs::write(&victim, "precious").unwrap();
        for target in [victim.as_path(), Path::new("/dev/null"), Path::new("nowhere")] {
            let _ = fs::remove_file(&link);
            symlink(target, &link).unwrap();
            to_file("text", &link).unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_file(), "{target:?}");
            assert_eq!(fs::read_to_string(&link).unwrap(), "text");
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    }

    #[test]
    fn devices_and_pipes_are_written_to() {
        to_file("text", Path::new("/dev/null")).unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());

        let folder = folder();
        let fifo = folder.path().join("fifo");
        nix::unistd::mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        let reader = std::thread::spawn({
            let fifo = fifo.clone();
            move || fs::read_to_string(fifo).unwrap()
        });
        to_file("through a pipe", &fifo).unwrap();
        assert_eq!(reader.join().unwrap(), "through a pipe");
        assert!(fs::symlink_metadata(&fifo).unwrap().file_type().is_fifo());
    }

    #[test]
    fn an_inherited_descriptor_is_appended_to() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"before ").unwrap();
        to_file("after", Path::new(&format!("/dev/fd/{}", file.as_raw_fd()))).unwrap();
        let mut text = String::new();
        io::Seek::rewind(&mut file).unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "before after");
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        unless_closed(writer, "text").unwrap();
    }

    #[test]
    fn what_cannot_be_written_says_so_in_one_line_and_leaves_nothing() {
        let folder = folder();
        let cases = [
            (folder.path().join("no/such/folder"), "No such file or directory"),
            (folder.path().to_path_buf(), "it is a directory"),
            (PathBuf::new(), "the file's name is empty"),
        ];
        for (path, why) in cases {
            let error = deliver("the report of a test, on stderr\n", Some(&path)).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
            assert!(!error.contains('\n') && !error.contains("os error") && !error.contains(".osmeter-"), "{error}");
        }
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_full_disk_is_an_error_in_plain_words() {
        let error = directly("text", Path::new("/dev/full"), 0).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENOSPC));
        assert_eq!(reason(&error), "No space left on device");
    }
}
