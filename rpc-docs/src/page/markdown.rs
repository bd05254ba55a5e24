//! The Markdown that doc comments use most: paragraphs, lists, code. The rest is shown as it was written.

use super::{limits, text::Text};

/// What the lines that are being read belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    None,
    Paragraph,
    Item,
    Code,
}

impl Block {
    fn closing(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Paragraph => "</p>\n",
            Self::Item => "</li></ul>\n",
            Self::Code => "</code></pre>\n",
        }
    }
}

/// Writes a documentation as HTML.
pub(super) fn write(out: &mut String, docs: &str) {
    let end = docs.char_indices().nth(limits::DOCS).map_or(docs.len(), |(end, _)| end);
    let mut block = Block::None;
    for line in docs[..end].lines() {
        let trimmed = line.trim();
        block = match (block, trimmed) {
            (Block::Code, "```") => close(out, block),
            (Block::Code, _) => {
                out.push_str(&format!("{}\n", Text::whole(line)));
                Block::Code
            }
            (_, fence) if fence.starts_with("```") => open(out, block, Block::Code, "<pre><code>"),
            (_, "") => close(out, block),
            _ => text_line(out, block, trimmed),
        };
    }
    close(out, block);
    if end < docs.len() {
        out.push_str("<p class=\"note\">The rest is left out.</p>\n");
    }
}

/// A line of a paragraph or of a list.
fn text_line(out: &mut String, block: Block, line: &str) -> Block {
    let item = line.strip_prefix("* ").or_else(|| line.strip_prefix("- "));
    let (next, opening, content) = match (item, block) {
        (Some(item), Block::Item) => (Block::Item, "</li><li>", item),
        (Some(item), _) => (Block::Item, "<ul><li>", item),
        (None, Block::Paragraph | Block::Item) => (block, " ", line),
        (None, _) => (Block::Paragraph, "<p>", line.trim_start_matches('#').trim_start()),
    };
    if next == block {
        out.push_str(opening);
    } else {
        open(out, block, next, opening);
    }
    inline(out, content);
    next
}

fn open(out: &mut String, block: Block, next: Block, opening: &str) -> Block {
    out.push_str(block.closing());
    out.push_str(opening);
    next
}

fn close(out: &mut String, block: Block) -> Block {
    out.push_str(block.closing());
    Block::None
}

/// A text with code between backticks.
pub(super) fn inline(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((code, after)) = after.split_once('`') else { break };
        out.push_str(&format!("{}<code>{}</code>", Text::whole(before), Text::whole(code)));
        rest = after;
    }
    out.push_str(&Text::whole(rest).to_string());
}

/// The first paragraph as one line, at most as long as a cell.
pub(super) fn summary(docs: &str) -> String {
    let lines = docs.lines().map(str::trim).skip_while(|line| line.is_empty());
    let mut summary = String::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        if !summary.is_empty() {
            summary.push(' ');
        }
        summary.push_str(line);
        if summary.len() > limits::CELL {
            break;
        }
    }
    cut(&summary, limits::CELL).to_owned()
}

/// At most `limit` characters.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    text.char_indices().nth(limit).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(docs: &str) -> String {
        let mut out = String::new();
        write(&mut out, docs);
        out
    }

    #[test]
    fn paragraphs_lists_and_code_are_marked() {
        let page = html("Adds `a` and\n`b`.\n\n* one\n* two\n  more\n\n```rust\nlet x = 1 < 2;\n\n```\nEnd");
        assert_eq!(
            page,
            "<p>Adds <code>a</code> and <code>b</code>.</p>\n<ul><li>one</li><li>two more</li></ul>\n\
             <pre><code>let x = 1 &lt; 2;\n\n</code></pre>\n<p>End</p>\n"
        );
    }

    #[test]
    fn html_in_a_documentation_is_text() {
        let page = html("<img src=x onerror=alert(1)> `<b>` ` [x](javascript:alert(1))");
        assert_eq!(
            page,
            "<p>&lt;img src=x onerror=alert(1)&gt; <code>&lt;b&gt;</code> ` [x](javascript:alert(1))</p>\n"
        );
    }

    #[test]
    fn blocks_that_do_not_end_are_closed() {
        assert_eq!(html("```\ncode"), "<pre><code>code\n</code></pre>\n");
        assert_eq!(html("- item"), "<ul><li>item</li></ul>\n");
    }

    #[test]
    fn a_long_documentation_is_cut() {
        let page = html(&"ö".repeat(limits::DOCS + 1));
        assert!(page.ends_with("The rest is left out.</p>\n"));
        assert_eq!(page.matches('ö').count(), limits::DOCS);
    }

    #[test]
    fn the_summary_is_the_first_paragraph() {
        assert_eq!(summary("\nAdds\n two.\n\nMore."), "Adds two.");
        assert_eq!(summary(&"x".repeat(5_000)).len(), limits::CELL);
    }
}
