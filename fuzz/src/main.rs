//! What libFuzzer calls. It must not know what is checked: that is in `properties.rs`, which the tests of `wire` run as well.
#![no_main]

mod properties;

libfuzzer_sys::fuzz_target!(|input: &[u8]| properties::check(input));
