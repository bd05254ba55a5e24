//! Texts that match a regular expression: those of contracts, which know characters, classes, groups, alternatives
//! and repetitions.

use std::{iter::Peekable, str::Chars};

use super::random::Random;

/// Groups that are nested deeper are refused: a pattern is parsed by recursion.
const MAX_NESTING: usize = 32;
/// A pattern whose text needs more steps is refused: repetitions of repetitions of nothing would never end.
const MAX_STEPS: usize = 100_000;
/// So many repetitions are chosen from at least, above those that there must be.
const REPEATED: usize = 3;

/// How often what may be repeated is repeated, above the least number that the pattern says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Repetitions {
    /// Any number up to this one, or to a few.
    UpTo(usize),
    /// This number, where the pattern allows it.
    Exactly(usize),
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// One character of these ranges.
    Class(Vec<(char, char)>),
    Sequence(Vec<Node>),
    Alternatives(Vec<Node>),
    Repeated(Box<Node>, usize, Option<usize>),
}

/// A regular expression that texts can be made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern(Node);

impl Pattern {
    /// # Errors
    /// For what is no regular expression, and what texts cannot be made of: looking around, references to groups,
    /// classes of Unicode, word boundaries.
    pub(super) fn parse(pattern: &str) -> Result<Self, String> {
        let mut parser = Parser { rest: pattern.chars().peekable() };
        let node = parser.alternatives(MAX_NESTING);
        match (node, parser.rest.next()) {
            (Some(node), None) => Ok(Self(node)),
            _ => Err(format!("no text is made up for the pattern `{pattern}`")),
        }
    }

    /// A text that matches all of the pattern, of at most `longest` characters.
    ///
    /// # Errors
    /// Where the text found is longer, or takes too many steps.
    pub(super) fn text(
        &self,
        random: &mut Random,
        more: Repetitions,
        longest: usize,
    ) -> Result<String, String> {
        let mut writer = Writer { random, more, room: longest, steps: MAX_STEPS, text: String::new() };
        match writer.write(&self.0) {
            Some(()) => Ok(writer.text),
            None => Err("a text of this pattern is too long".to_owned()),
        }
    }
}

struct Parser<'p> {
    rest: Peekable<Chars<'p>>,
}

impl Parser<'_> {
    fn alternatives(&mut self, nesting: usize) -> Option<Node> {
        let mut alternatives = vec![self.sequence(nesting)?];
        while self.rest.next_if_eq(&'|').is_some() {
            alternatives.push(self.sequence(nesting)?);
        }
        if alternatives.len() == 1 { alternatives.pop() } else { Some(Node::Alternatives(alternatives)) }
    }

    fn sequence(&mut self, nesting: usize) -> Option<Node> {
        let mut nodes = Vec::new();
        while let Some(&next) = self.rest.peek() {
            if matches!(next, '|' | ')') {
                break;
            }
            self.rest.next();
            let node = match next {
                // The whole text is made, so it begins and ends there.
                '^' | '$' => continue,
                '(' => self.group(nesting.checked_sub(1)?)?,
                '[' => self.class()?,
                '.' => Node::Class(vec![('a', 'z')]),
                '\\' => Node::Class(escaped(self.rest.next()?)?),
                '*' | '+' | '?' => return None,
                char => Node::Class(vec![(char, char)]),
            };
            nodes.push(self.repeated(node)?);
        }
        Some(Node::Sequence(nodes))
    }

    fn group(&mut self, nesting: usize) -> Option<Node> {
        if self.rest.next_if_eq(&'?').is_some() {
            self.rest.next_if_eq(&'P');
            match self.rest.next()? {
                ':' => {}
                '<' => {
                    let mut name = self.rest.by_ref().take_while(|char| *char != '>');
                    // `(?<=` and `(?<!` look behind.
                    if !name.all(|char| char.is_alphanumeric() || char == '_') {
                        return None;
                    }
                }
                _ => return None,
            }
        }
        let node = self.alternatives(nesting)?;
        self.rest.next_if_eq(&')').map(|_| node)
    }

    fn class(&mut self) -> Option<Node> {
        let is_negated = self.rest.next_if_eq(&'^').is_some();
        let mut ranges = Vec::new();
        loop {
            let first = match self.rest.next()? {
                ']' if !ranges.is_empty() => break,
                '[' => return None,
                '\\' => escaped(self.rest.next()?)?,
                char => vec![(char, char)],
            };
            let single = (first.len() == 1 && first[0].0 == first[0].1).then(|| first[0].0);
            let (Some(low), Some('-')) = (single, self.rest.peek()) else {
                ranges.extend(first);
                continue;
            };
            self.rest.next();
            match self.rest.next()? {
                ']' => {
                    ranges.extend([(low, low), ('-', '-')]);
                    break;
                }
                '\\' => ranges.push((low, escaped(self.rest.next()?)?.first()?.0)),
                high => ranges.push((low, high)),
            }
        }
        let ranges = if is_negated { others(&ranges) } else { ranges };
        let is_valid = !ranges.is_empty() && ranges.iter().all(|(low, high)| low <= high);
        is_valid.then_some(Node::Class(ranges))
    }

    fn repeated(&mut self, node: Node) -> Option<Node> {
        let (least, most) = match self.rest.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.rest.next();
                let limits: String = self.rest.by_ref().take_while(|char| *char != '}').collect();
                let (least, most) = match limits.split_once(',') {
                    None => (limits.parse().ok()?, Some(limits.parse().ok()?)),
                    Some((least, "")) => (least.parse().ok()?, None),
                    Some((least, most)) => (least.parse().ok()?, Some(most.parse().ok()?)),
                };
                return self.lazily(node, least, most);
            }
            _ => return Some(node),
        };
        self.rest.next();
        self.lazily(node, least, most)
    }

    /// Whether a repetition is lazy says how a text is searched, not what it is.
    fn lazily(&mut self, node: Node, least: usize, most: Option<usize>) -> Option<Node> {
        self.rest.next_if_eq(&'?');
        let is_valid = most.is_none_or(|most| least <= most);
        is_valid.then(|| Node::Repeated(Box::new(node), least, most))
    }
}

/// What a backslash and this character stand for.
fn escaped(char: char) -> Option<Vec<(char, char)>> {
    Some(match char {
        'd' => vec![('0', '9')],
        'w' => vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
        's' => vec![(' ', ' ')],
        'D' => others(&[('0', '9')]),
        'W' => vec![('-', '-')],
        'S' => vec![('a', 'z')],
        't' => vec![('\t', '\t')],
        'n' => vec![('\n', '\n')],
        'r' => vec![('\r', '\r')],
        char if char.is_ascii_alphanumeric() => return None,
        char => vec![(char, char)],
    })
}

/// The printable ASCII characters that none of these ranges has.
fn others(ranges: &[(char, char)]) -> Vec<(char, char)> {
    let is_free = |char: &char| !ranges.iter().any(|(low, high)| (low..=high).contains(&char));
    ('!'..='~').filter(is_free).map(|char| (char, char)).collect()
}

struct Writer<'r> {
    random: &'r mut Random,
    more: Repetitions,
    /// How many characters the text may still have.
    room: usize,
    steps: usize,
    text: String,
}

impl Writer<'_> {
    /// `None` where the text is too long, or takes too long.
    fn write(&mut self, node: &Node) -> Option<()> {
        self.steps = self.steps.checked_sub(1)?;
        match node {
            Node::Class(ranges) => {
                let (low, high) = ranges[self.random.below(ranges.len())];
                let count = usize::try_from(u32::from(high) - u32::from(low) + 1).ok()?;
                let offset = u32::try_from(self.random.below(count)).ok()?;
                // Between the two may lie code points that are no characters.
                self.text.push(char::from_u32(u32::from(low) + offset).unwrap_or(low));
                self.room = self.room.checked_sub(1)?;
                Some(())
            }
            Node::Sequence(nodes) => nodes.iter().try_for_each(|node| self.write(node)),
            Node::Alternatives(nodes) => {
                let chosen = self.random.below(nodes.len());
                self.write(&nodes[chosen])
            }
            Node::Repeated(node, least, most) => {
                let more = most.map_or(usize::MAX, |most| most - least);
                let more = match self.more {
                    Repetitions::UpTo(limit) => self.random.below(more.min(limit.max(REPEATED)) + 1),
                    Repetitions::Exactly(number) => more.min(number),
                };
                let count = least.checked_add(more)?;
                (0..count).try_for_each(|_| self.write(node))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pattern: &str) -> Vec<String> {
        let pattern = Pattern::parse(pattern).unwrap();
        (0..40)
            .map(|seed| pattern.text(&mut Random::new(seed), Repetitions::UpTo(0), 1_000).unwrap())
            .collect()
    }

    #[test]
    fn texts_match_their_pattern() {
        for text in texts("^[a-c]{2}-\\d+(x|yz)?$") {
            let (head, tail) = text.split_once('-').unwrap();
            assert!(head.len() == 2 && head.chars().all(|char| ('a'..='c').contains(&char)), "{text}");
            let digits = tail.trim_end_matches("yz").trim_end_matches('x');
            assert!(
                (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()),
                "{text}"
            );
        }
        assert!(
            texts("[^a-z0-9]").iter().all(|text| !text.starts_with(|char: char| char.is_ascii_lowercase()))
        );
        assert!(
            texts("(?:a|b)(?P<name>c)(?<other>d)").iter().all(|text| text.ends_with("cd") && text.len() == 3)
        );
        assert!(
            texts("[a-]|\\.|[\\]x]").iter().all(|text| ["a", "-", ".", "]", "x"].contains(&text.as_str()))
        );
        assert!(
            texts("a{3}b{1,2}c{2,}?").iter().all(|text| text.starts_with("aaab") && text.ends_with("cc"))
        );
    }

    #[test]
    fn what_no_text_is_made_of_is_refused() {
        for pattern in
            ["(?=a)", "(?<!a)b", "\\1", "\\p{L}", "\\bword", "(a", "a)", "[a", "*a", "[z-a]", "a{2,1}", "a{"]
        {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
        assert!(Pattern::parse(&format!("{}{}", "(".repeat(100_000), ")".repeat(100_000))).is_err());
    }

    #[test]
    fn a_text_without_end_is_given_up() {
        for pattern in ["a{1000000000}", "((){1000000}){1000000}", "((a{1000}){1000}){1000}"] {
            let pattern = Pattern::parse(pattern).unwrap();
            assert!(pattern.text(&mut Random::new(1), Repetitions::UpTo(0), 64 * 1024).is_err());
        }
    }
}
