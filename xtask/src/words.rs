//! Finds words that were replaced by better ones, so that they do not come back.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};

use crate::workspace::{Problem, Workspace};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A whole word or a part of a `snake_case` name, in code and prose.
    Word,
    /// An identifier of Rust; as a word of prose it is harmless.
    Name,
    /// Several words, in any case, also across the end of a line.
    Phrase,
}

#[derive(Debug)]
struct Retired<'a> {
    kind: Kind,
    /// Where it is looked for; empty for everywhere.
    folder: &'a str,
    text: &'a str,
    instead: &'a str,
}

/// Fails where a word of the list stands in sources, documents or examples.
pub(crate) fn problems(workspace: &Workspace, list: &str) -> Result<Vec<Problem>, String> {
    let retired = read(list)?;
    let mut problems = Vec::new();
    for (path, text) in workspace.files.iter().filter(|(path, _)| is_checked(path)) {
        let names = if path.ends_with(".rs") { names(path, text)? } else { Names::new() };
        let prose = Prose::of(text);
        for word in retired.iter().filter(|word| path.starts_with(word.folder)) {
            let lines: BTreeSet<usize> = match word.kind {
                Kind::Word => lines_with_word(text, word.text),
                Kind::Name => {
                    names.iter().filter(|(_, name)| name == word.text).map(|&(line, _)| line).collect()
                }
                Kind::Phrase => prose.lines_with(word.text),
            };
            let text = || format!("`{}`: say {}", word.text, word.instead);
            problems.extend(lines.into_iter().map(|line| Problem::new(format!("{path}:{line}"), text())));
        }
    }
    Ok(problems)
}

fn read(list: &str) -> Result<Vec<Retired<'_>>, String> {
    let mut retired = Vec::new();
    for (number, line) in list.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong =
            || format!("xtask/retired-words.txt:{}: expected `kind in folder: text -> instead`", number + 1);
        retired.push(read_line(line).ok_or_else(wrong)?);
    }
    Ok(retired)
}

/// `kind: text -> instead` or `kind in folder: text -> instead`.
fn read_line(line: &str) -> Option<Retired<'_>> {
    let (kind, rest) = line.split_once(": ")?;
    let (text, instead) = rest.split_once(" -> ")?;
    let (kind, folder) = kind.split_once(" in ").unwrap_or((kind, ""));
    let kind = match kind {
        "word" => Kind::Word,
        "name" => Kind::Name,
        "phrase" => Kind::Phrase,
        _ => return None,
    };
    Some(Retired { kind, folder, text, instead })
}

/// Sources but this program's, and what users and developers read.
fn is_checked(path: &str) -> bool {
    let mut folders = path.split('/');
    match folders.next() {
        Some("xtask" | "tests" | "scripts") => false,
        Some("src" | "docs" | "examples" | "benches") => true,
        Some(file) if file.ends_with(".md") => true,
        Some(_) => matches!(folders.next(), Some("src" | "benches" | "README.md")),
        None => false,
    }
}

fn lines_with_word(text: &str, word: &str) -> BTreeSet<usize> {
    let numbered = text.lines().enumerate();
    numbered.filter(|(_, line)| has_word(line, word)).map(|(number, _)| number + 1).collect()
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| is_whole(line, start, start + word.len()))
}

/// Whether neither a letter nor a digit is next to the part.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
}

/// Identifiers with their lines.
type Names = Vec<(usize, String)>;

fn names(path: &str, text: &str) -> Result<Names, String> {
    let tokens: TokenStream = text.parse().map_err(|error| format!("{path}: {error}"))?;
    let mut names = Names::new();
    collect_names(tokens, &mut names);
    Ok(names)
}

fn collect_names(tokens: TokenStream, into: &mut Names) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => into.push((ident.span().start().line, ident.to_string())),
            TokenTree::Group(group) => collect_names(group.stream(), into),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// A text in lower case with single spaces, without the signs that begin its lines.
struct Prose {
    text: String,
    /// Where each line begins in it.
    starts: Vec<usize>,
}

impl Prose {
    fn of(text: &str) -> Self {
        let mut prose = Self { text: String::new(), starts: Vec::new() };
        for line in text.lines() {
            prose.starts.push(prose.text.len());
            let line = line.trim_start().trim_start_matches(['/', '!', '#', '*', '>']);
            for word in line.split_whitespace() {
                prose.text.push_str(&word.to_lowercase());
                prose.text.push(' ');
            }
        }
        prose
    }

    fn lines_with(&self, phrase: &str) -> BTreeSet<usize> {
        let phrase = phrase.to_lowercase();
        let places = self
            .text
            .match_indices(&phrase)
            .filter(|(start, _)| is_whole(&self.text, *start, start + phrase.len()));
        places.map(|(start, _)| self.starts.partition_point(|&line| line <= start)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(list: &str, path: &str, text: &str) -> Vec<String> {
        let mut workspace = Workspace::default();
        workspace.files.insert(path.to_owned(), text.to_owned());
        problems(&workspace, list).expect("the list is right").iter().map(Problem::to_string).collect()
    }

    #[test]
    fn a_word_is_found_whole_and_as_a_part_of_a_name() {
        let text = "fn with_patience() {}\n// The patience of a patient.\nstruct Patience;\n";
        assert_eq!(
            found("word: patience -> timeout", "src/lib.rs", text),
            ["src/lib.rs:1: `patience`: say timeout", "src/lib.rs:2: `patience`: say timeout"]
        );
    }

    #[test]
    fn a_name_is_found_in_code_and_not_in_prose() {
        let text = "//! Told in prose, \"Told\".\nfn f() { g!(Told::Stop, \"Told\") }\n";
        assert_eq!(found("name: Told -> Control", "src/lib.rs", text), ["src/lib.rs:2: `Told`: say Control"]);
    }

    #[test]
    fn a_phrase_is_found_across_the_end_of_a_line() {
        let list = "phrase: what nobody answers -> one-way messages";
        let text = "fn f() {}\n/// Sends what\n    /// nobody answers: more\n";
        assert_eq!(
            found(list, "src/lib.rs", text),
            ["src/lib.rs:2: `what nobody answers`: say one-way messages"]
        );
        assert_eq!(found(list, "docs/a.md", "# What nobody answers\n").len(), 1);
        assert!(found(list, "docs/a.md", "somewhat nobody answers\n").is_empty());
    }

    #[test]
    fn tests_and_the_list_itself_are_left_out() {
        for path in ["xtask/src/words.rs", "tests/e2e/main.rs", "rpc-runtime/tests/a.rs", "scripts/check.sh"]
        {
            assert!(found("word: Staff -> Workers", path, "// Staff").is_empty(), "{path}");
        }
        for path in
            ["README.md", "rpc-broker/README.md", "docs/a/b.md", "examples/a.rs", "rpc-runtime/src/a/b.rs"]
        {
            assert_eq!(found("word: Staff -> Workers", path, "// Staff").len(), 1, "{path}");
        }
    }

    #[test]
    fn a_word_can_be_retired_in_one_folder() {
        let list = "name in rpc-broker/src: At -> ChannelRef";
        assert_eq!(found(list, "rpc-broker/src/queue/mod.rs", "struct At;").len(), 1);
        assert!(found(list, "rpc-runtime/src/lib.rs", "struct At;").is_empty());
    }

    #[test]
    fn a_line_that_says_nothing_instead_is_refused() {
        assert!(read("word: Staff").is_err());
        assert!(read("# a comment\n\nword: Staff -> Workers").is_ok());
    }
}
