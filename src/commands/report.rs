//! `osmeter report FILE`: renders a saved profile or check again.

use super::check;
use super::present::{self, Otherwise};
use crate::cli::Report;
use crate::model::Profile;
use crate::render;
use anyhow::{anyhow, bail};
use std::io::{ErrorKind, Read};
use std::path::Path;

/// More than any profile: what is larger was not written by osmeter.
const LARGEST: u64 = 4 << 30;

/// Reads a profile or a check (`-` is stdin), renders it and writes it. Without `-o` it goes to stdout: here is no measured command
/// whose output that would be.
pub fn report(args: &Report) -> anyhow::Result<u8> {
    let text = read(&args.file)?;
    if check::is_check(&text) {
        check::again(&text, args.explain, args.lang, &args.output)
            .map_err(|e| anyhow!("{} {e:#}", name(&args.file)))?;
        return Ok(0);
    }
    let profile = parsed(&text, &args.file)?;
    present::profile(&profile, &args.output, Otherwise::Stdout)?;
    Ok(0)
}

/// A saved profile.
pub fn saved(file: &Path) -> anyhow::Result<Profile> {
    parsed(&read(file)?, file)
}

fn parsed(text: &str, file: &Path) -> anyhow::Result<Profile> {
    render::parse(text).map_err(|e| anyhow!("{} {e}", name(file)))
}

fn read(file: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|f| f.take(LARGEST + 1).read_to_end(&mut bytes))
    };
    let name = name(file);
    match read {
        Ok(n) if n as u64 > LARGEST => {
            bail!("{name} is larger than any profile: give a file written with --format json")
        }
        Ok(_) => {}
        Err(e) if e.kind() == ErrorKind::NotFound => {
            bail!("{name} does not exist: make one with osmeter run --format json -o {name} -- COMMAND")
        }
        Err(e) if e.kind() == ErrorKind::IsADirectory => {
            bail!("{name} is a directory: give a file written with --format json")
        }
        Err(e) if e.kind() == ErrorKind::PermissionDenied => {
            bail!("{name} may not be read by this user: chmod it, or use sudo")
        }
        Err(e) => bail!("{name} cannot be read: {e}"),
    }
    String::from_utf8(bytes).map_err(|_| anyhow!("{name} is not text: give a file written with --format json -o FILE"))
}

fn name(file: &Path) -> String {
    if file == Path::new("-") { "stdin".into() } else { file.to_string_lossy().escape_debug().to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(file: &Path) -> String {
        let error = saved(file).unwrap_err().to_string();
        assert!(!error.contains('\n'), "one line: {error}");
        error
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_a_way_to_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let missing = error(&folder.path().join("gone.json"));
        assert!(missing.contains("gone.json does not exist: make one with osmeter run"), "{missing}");
        assert!(error(folder.path()).contains("is a directory"));
        let binary = folder.path().join("binary");
        std::fs::write(&binary, [0xff, 0xfe, 0]).unwrap();
        assert!(error(&binary).contains("is not text"));
        let half = folder.path().join("half\u{1b}.json");
        std::fs::write(&half, "{\"schema\": \"osmeter.profile/1\",").unwrap();
        let half = error(&half);
        assert!(half.contains("half\\u{1b}.json ends in the middle"), "{half}");
    }
}
