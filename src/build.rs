//! Compiles the BPF programs in `src/collect/bpf` and generates their Rust skeleton.

#[cfg(feature = "bpf")]
fn main() {
    use std::{env, path::PathBuf, process};

    const SOURCES: &str = "src/collect/bpf";
    const NEEDS: &str = "the feature `bpf` needs clang, libelf and zlib: apt-get install clang libelf-dev zlib1g-dev \
                         (or build without it: --no-default-features)";

    println!("cargo:rerun-if-changed={SOURCES}");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("ledger.skel.rs");
    let clang_found = process::Command::new("clang").arg("--version").output().is_ok_and(|o| o.status.success());
    if !clang_found {
        println!("cargo::error={NEEDS}");
        process::exit(1);
    }
    let built = libbpf_cargo::SkeletonBuilder::new()
        .source(format!("{SOURCES}/ledger.bpf.c"))
        .clang_args(["-mcpu=v3", "-Wall", "-Werror", &format!("-I{SOURCES}")])
        .build_and_generate(&out);
    if let Err(error) = built {
        println!("cargo::error={SOURCES}/ledger.bpf.c does not compile: {error:#}");
        process::exit(1);
    }
}

#[cfg(not(feature = "bpf"))]
fn main() {}
