//! What a misspelt word probably was meant to be. It must not know what the words stand for.

use super::fold::fold;

/// Longer words are never near anything; this also bounds the work that a hostile text can cause.
const LONGEST: usize = 64;

/// The candidate nearest to a word, ignoring case, if one is near enough to be worth offering; the first among equals.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let word: Vec<char> = fold(word).chars().collect();
    let allowed = (word.len() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| {
            (
                distance(&word, &fold(candidate).chars().collect::<Vec<_>>()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= allowed && *distance < word.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before = vec![0; right.len() + 1];
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (i, &l) in left.iter().enumerate() {
        let mut current = vec![i + 1];
        for (j, &r) in right.iter().enumerate() {
            let replaced = previous[j] + usize::from(l != r);
            let mut best = replaced.min(previous[j + 1] + 1).min(current[j] + 1);
            if i > 0 && j > 0 && l == right[j - 1] && left[i - 1] == r {
                best = best.min(before[j - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous[right.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const NAMES: [&str; 5] = ["id", "firstName", "lastName", "createdDate", "tag"];

    #[test]
    fn near_words_are_found() {
        for (word, meant) in [
            ("fristName", Some("firstName")),
            ("FIRSTNAME", Some("firstName")),
            ("lastNam", Some("lastName")),
            ("dateCreated", None),
            ("creatdDat", Some("createdDate")),
            ("tags", Some("tag")),
            ("ID", Some("id")),
            ("x", None),
            ("", None),
            ("unrelated", None),
        ] {
            assert_eq!(nearest(word, NAMES), meant, "{word}");
        }
        assert_eq!(nearest(&"i".repeat(5000), NAMES), None);
    }
}
