//! Case folding: the one meaning of "ignores case" in the project. It must not know a locale.

/// Folds the case of a text for comparison: each character becomes its full Unicode lower case, whatever stands
/// beside it.
///
/// Being free of context, `fold(a + b) == fold(a) + fold(b)`, which [`str::to_lowercase`] does not promise (it turns a
/// final `Σ` into `ς`). A folded text folds to itself. It may have more characters than the text it came from.
///
/// ```
/// assert_eq!(tenantry_domain::ceql::fold("Groß ΟΔΟΣ"), "groß οδοσ");
/// ```
pub fn fold(text: &str) -> String {
    // Most texts are, and every row that is read or written has several.
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn every_character_folds_to_a_text_that_folds_to_itself() {
        for c in '\0'..=char::MAX {
            let folded = fold(c.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&folded), folded, "{c:?}");
            assert_eq!(folded, c.to_lowercase().collect::<String>());
        }
    }
}
