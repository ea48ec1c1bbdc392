//! The program as a file.

/// `build.rs` has found the archives of the compiler, so the loader is asked for no library that the machine may not have.
#[cfg(unwinder_inside)]
#[test]
fn the_program_needs_no_library_that_unwinds() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_tenantry")).unwrap();
    let mut texts = program.split(|byte| *byte == 0);
    assert!(texts.clone().any(|text| text == b"libc.so.6"));
    assert!(!texts.any(|text| text.starts_with(b"libgcc_s.so")));
}

/// These tests are linked as the program is.
#[test]
fn a_panic_is_caught() {
    let caught = std::panic::catch_unwind(|| std::panic::panic_any(7));
    assert_eq!(caught.unwrap_err().downcast_ref::<i32>(), Some(&7));
}
