//! Puts what unwinds the stack after a panic into the program, so that it needs no shared library beyond libc.
//!
//! On Linux with glibc the standard library asks the linker for `libgcc_s`, which is a shared library. Every GCC brings the same as
//! archives. Where they are found, `libgcc_s` becomes a script for the linker that names them; elsewhere, nothing changes.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(unwinder_inside)");
    let archives = driver().and_then(|driver| {
        let of_exceptions = archive(&driver, "libgcc_eh.a")?;
        Some((of_exceptions, archive(&driver, "libgcc.a")?))
    });
    if let (Some((of_exceptions, of_arithmetic)), Some(directory)) =
        (archives, env::var_os("OUT_DIR"))
    {
        let script = format!(
            "GROUP(\"{}\" \"{}\")\n",
            of_exceptions.display(),
            of_arithmetic.display()
        );
        fs::write(Path::new(&directory).join("libgcc_s.so"), script)?;
        println!(
            "cargo:rustc-link-search=native={}",
            Path::new(&directory).display()
        );
        println!("cargo:rustc-cfg=unwinder_inside");
    }
    Ok(())
}

/// The compiler that links the program, if the program is for Linux with glibc.
fn driver() -> Option<String> {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return None;
    }
    // What is set as the linker of the target; otherwise rustc calls `cc`, which is for this machine.
    env::var("RUSTC_LINKER").ok().or_else(|| {
        let here = env::var("HOST").ok()?;
        is("TARGET", &here).then(|| "cc".to_owned())
    })
}

/// Where the driver has this archive. What it does not have, it answers without a directory.
fn archive(driver: &str, name: &str) -> Option<PathBuf> {
    let output = Command::new(driver)
        .arg(format!("-print-file-name={name}"))
        .output()
        .ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim_end());
    (path.is_absolute() && path.is_file()).then_some(path)
}
