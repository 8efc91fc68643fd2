//! What the design fixes and the compiler does not check: who may use whom, where `unsafe` is, how long a file is.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `src/`, and what each may use of the others.
const MAY_USE: [(&str, &[&str]); 12] = [
    ("model", &[]),
    ("sys", &[]),
    ("stats", &["model"]),
    ("claims", &["model", "stats"]),
    ("render", &["model"]),
    ("host", &["model", "sys"]),
    ("subject", &["model", "sys"]),
    ("collect", &["model", "sys", "subject"]),
    ("experiment", &["model", "claims", "stats", "subject", "collect", "host"]),
    ("cli", &["model", "render"]),
    ("commands", &["cli", "model", "host", "subject", "collect", "experiment", "claims", "stats", "render", "sys"]),
    ("main", &["cli", "commands"]),
];

/// Kernel constants and types that are not in a Rust file are no module.
const NOT_RUST: [&str; 2] = ["c", "h"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, extensions));
        } else if path.extension().is_some_and(|e| extensions.iter().any(|x| e == *x)) {
            found.push(path);
        }
    }
    found
}

fn module_of(path: &Path) -> String {
    let below = path.strip_prefix(source()).unwrap();
    below.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// The code of a file: no comments, and no unit tests, whether they are in it or are it.
fn code(path: &Path) -> String {
    if path.file_name().is_some_and(|name| name == "tests.rs") {
        return String::new();
    }
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Every module named after `crate::` (in the binary, `osmeter::`), grouped imports included.
fn used_modules(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for prefix in ["crate::", "osmeter::"] {
        for (at, _) in code.match_indices(prefix) {
            // `osmeter_workloads::` and `my_crate::` are others.
            if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let rest = &code[at + prefix.len()..];
            match rest.strip_prefix('{') {
                Some(group) => used.extend(group_names(group)),
                None => used.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()),
            }
        }
    }
    used
}

/// First names in `{a::b, c::{d, e}, f}`, at the outer level.
fn group_names(group: &str) -> Vec<String> {
    let (mut depth, mut name, mut names, mut first) = (0, String::new(), Vec::new(), true);
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(std::mem::take(&mut name));
                first = true;
            }
            c if depth == 0 && first && (c.is_alphanumeric() || c == '_') => name.push(c),
            c if !c.is_whitespace() => first = false,
            _ => {}
        }
    }
    names.push(name);
    names.retain(|n| !n.is_empty());
    names
}

#[test]
fn dependencies_point_one_way() {
    let mut seen = 0;
    for file in files(&source(), &["rs"]) {
        let module = module_of(&file);
        if ["lib", "build"].contains(&module.as_str()) {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            panic!("{}: a module that the design does not know", file.display())
        };
        for used in used_modules(&code(&file)) {
            let known = MAY_USE.iter().any(|(name, _)| *name == used);
            if known && used != module {
                seen += 1;
                assert!(allowed.contains(&used.as_str()), "{}: {module} must not use {used}", file.display());
            }
        }
    }
    assert!(seen > 20, "only {seen} uses of a sibling were found: this test no longer sees them");
}

#[test]
fn grouped_imports_are_seen() {
    assert_eq!(used_modules("use crate::{model::{A, B}, sys, render::Style};"), ["model", "sys", "render"]);
    assert_eq!(used_modules("use osmeter_workloads::find; crate::sys::clock()"), ["sys"]);
}

#[test]
fn unsafe_code_is_in_sys_and_in_the_workloads_only() {
    let mut in_sys = 0;
    for file in files(&source(), &["rs"]) {
        let has = code(&file).split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == "unsafe");
        let allows = code(&file).contains("allow(unsafe_code)");
        if module_of(&file) == "sys" {
            in_sys += usize::from(has);
        } else {
            assert!(!has && !allows, "{}: unsafe code outside sys", file.display());
        }
    }
    assert!(in_sys > 0, "this test no longer sees unsafe code");
}

#[test]
fn nothing_but_render_and_commands_prints() {
    for file in files(&source(), &["rs"]) {
        let module = module_of(&file);
        if ["render", "commands", "main", "build"].contains(&module.as_str()) {
            continue;
        }
        for word in ["println!", "print!", "dbg!", "io::stdout()"] {
            assert!(!code(&file).contains(word), "{}: {word}", file.display());
        }
    }
}

#[test]
fn anyhow_stays_in_main_and_commands() {
    for file in files(&source(), &["rs"]) {
        if !["commands", "main"].contains(&module_of(&file).as_str()) {
            assert!(!code(&file).contains("anyhow::"), "{}", file.display());
        }
    }
}

#[test]
fn every_file_is_one_room() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let extensions: Vec<&str> = NOT_RUST.into_iter().chain(["rs", "py", "sh"]).collect();
    for folder in ["src", "tests", "workloads/src"] {
        for file in files(&root.join(folder), &extensions) {
            let text = fs::read_to_string(&file).unwrap();
            assert!(text.lines().count() <= 600, "{}: {} lines", file.display(), text.lines().count());
        }
    }
    for file in files(&source(), &["rs"]).into_iter().chain(files(&root.join("workloads/src"), &["rs"])) {
        if file.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{}: no word on what it owns", file.display());
    }
}

#[test]
fn nothing_is_left_undone_or_tied_to_one_machine() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Split, so that this file does not find itself.
    let banned = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("FIX", "ME"),
        concat!("#[ig", "nore"),
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
    ];
    let mut all: Vec<PathBuf> = Vec::new();
    for folder in ["src", "tests", "workloads", ".ci"] {
        if root.join(folder).exists() {
            all.extend(files(&root.join(folder), &["rs", "c", "h", "py", "sh", "toml", "md", ""]));
        }
    }
    all.extend(["README.md", "Cargo.toml", ".ci/run"].map(|name| root.join(name)).into_iter().filter(|p| p.exists()));
    for file in all {
        let text = fs::read_to_string(&file).unwrap_or_default();
        for word in banned {
            assert!(!text.contains(word), "{}: {word}", file.display());
        }
    }
}
