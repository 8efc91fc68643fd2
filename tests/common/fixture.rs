//! The fixture programs in `tests/fixtures`, compiled when a test first wants them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// How a fixture is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// Statically, so that it makes no call that it does not ask for.
    Static,
    /// For the 32-bit table of system calls.
    Bits32,
}

/// The program of that name, or why it cannot be compiled.
pub fn build(name: &str, how: Build) -> Result<PathBuf, String> {
    let source = super::root_folder().join("tests/fixtures").join(name).with_extension("c");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixtures");
    std::fs::create_dir_all(&folder).unwrap();
    let program = folder.join(if how == Build::Bits32 { format!("{name}32") } else { name.to_owned() });
    let modified = |path: &Path| std::fs::metadata(path).and_then(|m| m.modified()).ok();
    if modified(&program).is_some_and(|built| Some(built) > modified(&source)) {
        return Ok(program);
    }
    // Tests run side by side, threads of one process and processes: the program takes its name when it is whole.
    let own = tempfile::Builder::new().prefix(name).tempfile_in(&folder).unwrap().into_temp_path();
    let mut compiler = Command::new("cc");
    compiler.args(["-O2", "-Wall", "-Werror", "-pthread", "-static"]).arg("-o").arg(&own).arg(&source);
    if how == Build::Bits32 {
        compiler.arg("-m32");
    }
    let done = compiler.output().map_err(|e| format!("cc: {e}"))?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned());
    }
    own.persist(&program).unwrap();
    Ok(program)
}

/// The statically linked program of that name.
#[track_caller]
pub fn get(name: &str) -> String {
    // Compiled already, for a user who may not write to the build folder.
    if let Ok(folder) = std::env::var("OSMETER_TEST_FIXTURES") {
        return format!("{folder}/{name}");
    }
    let built = build(name, Build::Static).unwrap_or_else(|why| panic!("{name}.c does not compile: {why}"));
    built.to_str().unwrap().to_owned()
}
