//! The patterns of a topic exchange: words between dots, `*` for one word, `#` for any number of them.

use std::{
    collections::{BTreeSet, HashMap},
    ptr,
};

use super::Destination;

/// A tree of the words of all patterns. The time to match is proportional to the words of the key and the
/// patterns that can still match, for any number of wildcards.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    /// By the next word, wildcards included.
    next: HashMap<Box<str>, Node>,
    destinations: BTreeSet<Destination>,
}

/// A node of the tree that the words so far lead to.
#[derive(Clone, Copy)]
struct Reached<'a> {
    node: &'a Node,
    /// Whether the node follows a `#`, so that more words lead to it as well.
    stays: bool,
}

/// Splits a key or pattern into words. An empty key has no words; a dot has a word on each side, which may be
/// empty.
fn words(key: &str) -> impl Iterator<Item = &str> {
    key.split('.').take(if key.is_empty() { 0 } else { usize::MAX })
}

impl Patterns {
    /// Adds a destination. Adding it again for the same pattern changes nothing.
    pub(super) fn add(&mut self, pattern: &str, destination: Destination) {
        let mut node = &mut self.root;
        for word in words(pattern) {
            node = node.next.entry(word.into()).or_default();
        }
        node.destinations.insert(destination);
    }

    pub(super) fn remove(&mut self, pattern: &str, destination: &Destination) {
        self.root.remove(&mut words(pattern), destination);
    }

    /// Appends the destinations of all patterns that match. A destination with several matching patterns is
    /// appended several times.
    pub(super) fn route(&self, routing_key: &str, found: &mut Vec<Destination>) {
        let mut reached = Vec::new();
        reach(&mut reached, &self.root, false);
        let mut next = Vec::new();
        for word in words(routing_key) {
            for place in reached.drain(..) {
                place.advance(word, &mut next);
            }
            // A node after a `#` can be reached from itself and from the node before.
            next.sort_unstable_by_key(|place: &Reached<'_>| ptr::from_ref(place.node).addr());
            next.dedup_by_key(|place| ptr::from_ref(place.node));
            std::mem::swap(&mut reached, &mut next);
        }
        found.extend(reached.iter().flat_map(|place| place.node.destinations.iter().cloned()));
    }
}

impl<'a> Reached<'a> {
    fn advance(self, word: &str, reached: &mut Vec<Self>) {
        if self.stays {
            reach(reached, self.node, true);
        }
        for same in [word, "*"] {
            if let Some(next) = self.node.next.get(same) {
                reach(reached, next, same == "#");
            }
        }
    }
}

/// A following `#` is reached at once, because it can stand for no words.
fn reach<'a>(reached: &mut Vec<Reached<'a>>, mut node: &'a Node, mut stays: bool) {
    loop {
        reached.push(Reached { node, stays });
        match node.next.get("#") {
            Some(next) => (node, stays) = (next, true),
            None => return,
        }
    }
}

impl Node {
    fn remove<'a>(&mut self, words: &mut impl Iterator<Item = &'a str>, destination: &Destination) {
        let Some(word) = words.next() else {
            self.destinations.remove(destination);
            return;
        };
        let Some(next) = self.next.get_mut(word) else { return };
        next.remove(words, destination);
        if next.next.is_empty() && next.destinations.is_empty() {
            self.next.remove(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(name: &str) -> Destination {
        Destination::Queue(name.into())
    }

    fn routes(patterns: &Patterns, key: &str) -> Vec<Destination> {
        let mut found = Vec::new();
        patterns.route(key, &mut found);
        found
    }

    fn matches(pattern: &str, key: &str) -> bool {
        let mut patterns = Patterns::default();
        patterns.add(pattern, queue("q"));
        let found = routes(&patterns, key);
        assert!(found.len() <= 1, "{pattern} {key}: {found:?}");
        !found.is_empty()
    }

    /// Matches word by word, as the specification describes it.
    fn is_expected(pattern: &[&str], key: &[&str]) -> bool {
        match (pattern.split_first(), key.split_first()) {
            (None, None) => true,
            (Some((&"#", rest)), _) => {
                is_expected(rest, key) || (!key.is_empty() && is_expected(pattern, &key[1..]))
            }
            (Some((&wanted, pattern)), Some((&word, key))) => {
                (wanted == "*" || wanted == word) && is_expected(pattern, key)
            }
            _ => false,
        }
    }

    #[test]
    fn wildcards_stand_for_words() {
        let cases = [
            ("", "", true),
            ("", "a", false),
            ("#", "", true),
            ("#", "a.b.c", true),
            ("*", "", false),
            ("*", "a", true),
            ("*", ".", false),
            ("*.*", ".", true),
            ("#.#", "", true),
            (".", ".", true),
            ("a..b", "a..b", true),
            ("a.*.b", "a..b", true),
            ("a.#.b", "a.b", true),
            ("a.#.b", "a.x.y.b", true),
            ("a.#.b", "a.x.y.c", false),
            ("#.a", "a", true),
            ("#.a", "a.a.a", true),
            ("#.a.#", "x.a.y", true),
            ("*.a.#", "a", false),
            ("a.*", "a.*", true),
            ("a.#", "a.#", true),
            ("a.b", "a.*", false),
            ("a.b", "a.#", false),
            ("a*", "ab", false),
        ];
        for (pattern, key, expected) in cases {
            assert_eq!(matches(pattern, key), expected, "{pattern:?} {key:?}");
        }
    }

    #[test]
    fn short_patterns_match_as_specified() {
        let mut patterns = vec![String::new()];
        let mut keys = vec![String::new()];
        for length in 1..=4 {
            let extend = |all: &mut Vec<String>, alphabet: &[&str]| {
                let longest = all.iter().filter(|one| length == 1 || one.split('.').count() == length - 1);
                let longest: Vec<_> = longest.cloned().collect();
                for word in alphabet {
                    all.extend(
                        longest.iter().map(|one| {
                            if length == 1 { (*word).to_owned() } else { format!("{one}.{word}") }
                        }),
                    );
                }
            };
            extend(&mut patterns, &["a", "b", "*", "#"]);
            extend(&mut keys, &["a", "b"]);
        }
        let split = |key: &str| words(key).map(str::to_owned).collect::<Vec<_>>();
        assert!(patterns.len() > 300 && keys.len() > 30);
        for pattern in &patterns {
            for key in &keys {
                let (pattern_words, key_words) = (split(pattern), split(key));
                let expected = is_expected(
                    &pattern_words.iter().map(String::as_str).collect::<Vec<_>>(),
                    &key_words.iter().map(String::as_str).collect::<Vec<_>>(),
                );
                assert_eq!(matches(pattern, key), expected, "{pattern:?} {key:?}");
            }
        }
    }

    #[test]
    fn many_wildcards_are_cheap() {
        let mut patterns = Patterns::default();
        patterns.add(&vec!["#"; 127].join("."), queue("q"));
        patterns.add(&["#.a."; 40].concat(), queue("never"));
        assert_eq!(routes(&patterns, &vec!["a"; 127].join(".")), [queue("q")]);
    }

    #[test]
    fn patterns_are_removed_with_their_last_destination() {
        let mut patterns = Patterns::default();
        for pattern in ["a.b", "a.b.c", "a.#", "a.*"] {
            patterns.add(pattern, queue("one"));
            patterns.add(pattern, queue("other"));
        }
        patterns.remove("a.b", &queue("one"));
        patterns.remove("never.bound", &queue("one"));
        let mut found = routes(&patterns, "a.b");
        found.sort();
        assert_eq!(found, [queue("one"), queue("one"), queue("other"), queue("other"), queue("other")]);
        for pattern in ["a.b", "a.b.c", "a.#", "a.*"] {
            patterns.remove(pattern, &queue("one"));
            patterns.remove(pattern, &queue("other"));
        }
        assert!(patterns.root.next.is_empty());
    }
}
