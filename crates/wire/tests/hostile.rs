//! What holds for every text that anybody may send: the properties that `cargo xtask fuzz-ceql` tries to break by coverage, here over
//! its corpus and so many mutations of it, the same in every run.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::PathBuf};

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::RngSeed,
};

#[path = "../../../fuzz/src/properties.rs"]
mod properties;

fn fuzz() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// Every input of the corpus with its name, in the order of the names.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(fuzz().join("corpus")).unwrap();
    let mut inputs: Vec<_> = files
        .map(|file| {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            (name, fs::read(file.path()).unwrap())
        })
        .collect();
    inputs.sort();
    inputs
}

/// The words of the fuzzer's dictionary.
fn dictionary() -> Vec<Vec<u8>> {
    let text = fs::read_to_string(fuzz().join("ceql.dict")).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'))
        .map(unescaped)
        .collect()
}

/// `\\` and `\xNN`, the escapes of libFuzzer that the dictionary uses.
fn unescaped(word: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = word;
    while let Some((before, escape)) = rest.split_once('\\') {
        bytes.extend(before.bytes());
        rest = if let Some(hex) = escape.strip_prefix('x') {
            bytes.push(u8::from_str_radix(&hex[..2], 16).unwrap());
            &hex[2..]
        } else {
            bytes.push(b'\\');
            escape.strip_prefix('\\').unwrap()
        };
    }
    bytes.extend(rest.bytes());
    bytes
}

/// What is put in the place of a piece of an input.
fn replacement() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<_> = corpus().into_iter().map(|(_, input)| input).collect();
    prop_oneof![
        4 => select(dictionary()),
        1 => vec(any::<u8>(), 0..3),
        1 => (select(pieces), any::<Index>()).prop_map(|(input, from)| input[from.index(input.len())..].to_vec()),
    ]
}

/// An input of the corpus, changed in up to eight places.
fn mutation() -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<Index>(), 0_usize..4, replacement());
    (select(corpus()), vec(edit, 1..8)).prop_map(|((_, mut input), edits)| {
        for (place, length, replacement) in edits {
            // Behind the letter that says who reads it.
            let from = 1 + place.index(input.len());
            let to = (from + length).min(input.len());
            input.splice(from.min(to)..to, replacement);
        }
        input
    })
}

#[test]
fn the_corpus_breaks_no_promise() {
    let corpus = corpus();
    assert!(corpus.len() >= 30, "{}", corpus.len());
    for (name, input) in corpus {
        println!("{name}");
        properties::check(&input);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_mutation_of_the_corpus_breaks_a_promise(input in mutation()) {
        properties::check(&input);
    }
}
