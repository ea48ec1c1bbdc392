//! HTML tags are taken out of names and tags of instances (contract, section 11): pages show them to other users.

/// `text` without HTML tags. What remains holds none: a tag that is not closed goes with all that follows it, and one that
/// only comes to be when another is taken out of its middle goes too. A `<` that begins no tag stays, and so does what stands
/// between tags.
pub(super) fn without_tags(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    // Where in `kept` each `<` stands that may begin a tag.
    let mut open: Vec<usize> = Vec::new();
    for c in text.chars() {
        if c == '>' && cut(&mut kept, &mut open) {
            continue;
        }
        if c == '<' {
            open.push(kept.len());
        }
        kept.push(c);
    }
    if let Some(start) = open.into_iter().find(|start| begins_a_tag(&kept, *start)) {
        kept.truncate(start);
    }
    kept
}

/// Takes out the innermost tag, which ends here. `false` if none is open.
fn cut(kept: &mut String, open: &mut Vec<usize>) -> bool {
    while let Some(start) = open.pop() {
        if begins_a_tag(kept, start) {
            kept.truncate(start);
            return true;
        }
    }
    false
}

/// Whether browsers take the `<` at `start` for the beginning of a tag, of a comment, or of what they skip like one.
fn begins_a_tag(text: &str, start: usize) -> bool {
    let behind = text.get(start + 1..).and_then(|rest| rest.chars().next());
    behind.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_taken_out_and_nothing_else() {
        for (text, expected) in [
            ("", ""),
            ("My CRM", "My CRM"),
            ("<b>My</b> CRM", "My CRM"),
            ("<a href=\"https://x.example\">x</a>", "x"),
            ("<script>alert(1)</script>", "alert(1)"),
            ("<SCRIPT\n>x</SCRIPT >", "x"),
            ("<br/>x<br />", "x"),
            ("a <!-- b --> c", "a  c"),
            ("<!doctype html>x<?php y ?>", "x"),
            ("<img src=x onerror=alert(1)>", ""),
            // What is no tag stays.
            ("a < b and b > c", "a < b and b > c"),
            ("I <3 you", "I <3 you"),
            ("<3> <>", "<3> <>"),
            ("x > y", "x > y"),
            ("a <", "a <"),
            ("R&D &lt;b&gt;", "R&D &lt;b&gt;"),
            ("ä<b>ö</b>ü", "äöü"),
            // Not closed.
            ("x <img src=x onerror=alert(1) ", "x "),
            ("x <b", "x "),
            ("x </", "x "),
            ("x <b y <3 z", "x "),
            // Joined by what is taken out.
            ("<<b>script>alert(1)<<b>/script>", "alert(1)"),
            ("<scr<b>ipt>x", "x"),
            ("<<b></b>b>x", "x"),
            ("<<b>b", ""),
            ("<b <3>x", "x"),
            ("<b>></b>", ">"),
        ] {
            assert_eq!(without_tags(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_costs_its_length() {
        let nested = format!("{}{}", "<".repeat(200_000), "b>".repeat(200_000));
        assert_eq!(without_tags(&nested), "");
    }

    proptest::proptest! {
        #[test]
        fn what_remains_holds_no_tag(text in "[<>a/! ]{0,40}") {
            let kept = without_tags(&text);
            proptest::prop_assert!(!(0..kept.len()).any(|at| kept.as_bytes()[at] == b'<' && begins_a_tag(&kept, at)), "{kept:?}");
            proptest::prop_assert_eq!(without_tags(&kept), kept.clone());
        }
    }
}
