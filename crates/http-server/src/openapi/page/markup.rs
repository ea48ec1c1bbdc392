//! Text to HTML: everything is escaped, and backticks make code.

use std::fmt::{Display, Formatter, Result, Write as _};

/// Text that may hold anything.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A line of prose.
pub(super) struct Prose<'a>(pub(super) &'a str);

impl Display for Prose<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        // Whatever stands between two backticks is code.
        for (place, part) in self.0.split('`').enumerate() {
            match place % 2 {
                0 => write!(f, "{}", Escaped(part))?,
                _ => write!(f, "<code>{}</code>", Escaped(part))?,
            }
        }
        Ok(())
    }
}

/// Prose with empty lines between its paragraphs.
pub(super) struct Paragraphs<'a>(pub(super) &'a str);

impl Display for Paragraphs<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let paragraphs = self.0.split("\n\n").filter(|text| !text.is_empty());
        for text in paragraphs {
            writeln!(f, "<p>{}</p>", Prose(text))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(
            Prose("a < `b & \"c\"` > d").to_string(),
            "a &lt; <code>b &amp; &quot;c&quot;</code> &gt; d"
        );
        assert_eq!(
            Paragraphs("<a>\n\n`<b>`").to_string(),
            "<p>&lt;a&gt;</p>\n<p><code>&lt;b&gt;</code></p>\n"
        );
    }
}
