//! Finding the program, as a shell does.
//!
//! It is found in the parent, so that the child makes exactly one `execve` and not one failed attempt for each directory of
//! PATH: the measured window would hold them.

use nix::errno::Errno;
use nix::fcntl::AtFlags;
use nix::unistd::{AccessFlags, faccessat};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What `execvp` searches where PATH is not set.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// The path to execute for `name`. A name with a slash is a path already; whether it can be executed is for `execve` to say.
pub(super) fn find(name: &OsStr, path: Option<&OsStr>) -> Result<PathBuf, Errno> {
    if name.is_empty() {
        return Err(Errno::ENOENT);
    }
    if name.as_bytes().contains(&b'/') {
        return Ok(name.into());
    }
    let mut refused = Errno::ENOENT;
    for directory in path.unwrap_or(OsStr::new(DEFAULT_PATH)).as_bytes().split(|b| *b == b':') {
        // An empty element is the working directory.
        let directory = if directory.is_empty() { Path::new(".") } else { Path::new(OsStr::from_bytes(directory)) };
        let candidate = directory.join(name);
        match executable(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(Errno::EACCES) => refused = Errno::EACCES,
            Err(_) => {}
        }
    }
    Err(refused)
}

fn executable(path: &Path) -> Result<(), Errno> {
    // A directory that may not be searched holds no such program, to a shell.
    let is_file = std::fs::metadata(path).is_ok_and(|meta| meta.is_file());
    if !is_file {
        return Err(Errno::ENOENT); // nor does one that holds a directory of that name: the search goes on
    }
    faccessat(nix::fcntl::AT_FDCWD, path, AccessFlags::X_OK, AtFlags::AT_EACCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(directory: &Path, name: &str, mode: u32) {
        std::fs::write(directory.join(name), "").unwrap();
        std::fs::set_permissions(directory.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_first_executable_file_on_the_path_wins() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        file(a.path(), "tool", 0o644);
        std::fs::create_dir(a.path().join("other")).unwrap();
        file(b.path(), "tool", 0o755);
        file(b.path(), "other", 0o755);
        let path = std::env::join_paths([a.path(), b.path()]).unwrap();
        assert_eq!(find(OsStr::new("tool"), Some(&path)), Ok(b.path().join("tool")));
        assert_eq!(find(OsStr::new("other"), Some(&path)), Ok(b.path().join("other")));
    }

    #[test]
    fn a_file_without_the_execute_bit_is_refused_and_an_absent_one_is_not_found() {
        let a = tempfile::tempdir().unwrap();
        file(a.path(), "tool", 0o644);
        let path = a.path().as_os_str();
        assert_eq!(find(OsStr::new("tool"), Some(path)), Err(Errno::EACCES));
        assert_eq!(find(OsStr::new("absent"), Some(path)), Err(Errno::ENOENT));
        assert_eq!(find(OsStr::new(""), Some(path)), Err(Errno::ENOENT));
    }

    #[test]
    fn a_name_with_a_slash_is_taken_as_it_is() {
        assert_eq!(find(OsStr::new("./x"), None), Ok(PathBuf::from("./x")));
    }
}
