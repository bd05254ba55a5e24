//! Text in HTML: escaped, and cut.

use std::fmt;

use super::limits;

/// A text that is written so that HTML takes it for text, in an element and in an attribute with quotes.
///
/// Characters that are invisible and change how others are shown are replaced: a name must look like what it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a> {
    text: &'a str,
    limit: usize,
}

impl<'a> Text<'a> {
    /// A text of at most `limit` characters.
    pub(super) fn cut(text: &'a str, limit: usize) -> Self {
        Self { text, limit }
    }

    /// A text whose length is bounded already.
    pub(super) fn whole(text: &'a str) -> Self {
        Self { text, limit: usize::MAX }
    }

    pub(super) fn name(name: &'a str) -> Self {
        Self::cut(name, limits::NAME)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, character) in self.text.chars().enumerate() {
            if position == self.limit {
                return formatter.write_str("…");
            }
            match character {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                other if is_misleading(other) => formatter.write_str("\u{fffd}")?,
                other => write!(formatter, "{other}")?,
            }
        }
        Ok(())
    }
}

/// Control characters, and those that change the direction of a text.
pub(super) fn is_misleading(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_html_reads_is_escaped() {
        let text = Text::whole(r#"</script><b a="x" b='y'>&amp;"#).to_string();
        assert_eq!(text, "&lt;/script&gt;&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(Text::cut("größer", 3).to_string(), "grö…");
        assert_eq!(Text::cut("größer", 6).to_string(), "größer");
    }

    #[test]
    fn a_name_cannot_turn_the_text_around() {
        assert_eq!(Text::whole("a\u{202e}b\u{0}c\nd").to_string(), "a\u{fffd}b\u{fffd}c\nd");
    }
}
