//! Patterns of reply addresses.

/// Text in which `*` stands for any characters, and `{uuid}` for a UUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AddressPattern(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    /// `*`: any characters, also none.
    Any,
    /// `{uuid}`: 32 hexadecimal digits, or 36 characters with the hyphens.
    Uuid,
}

const ANY: &str = "*";
const UUID: &str = "{uuid}";

impl AddressPattern {
    pub(super) fn new(pattern: &str) -> Self {
        let (mut parts, mut rest) = (Vec::new(), pattern);
        while !rest.is_empty() {
            let special = [(rest.find(ANY), ANY, Part::Any), (rest.find(UUID), UUID, Part::Uuid)];
            let found = special.into_iter().filter_map(|(at, name, part)| Some((at?, name, part)));
            let Some((at, name, part)) = found.min_by_key(|(at, ..)| *at) else {
                parts.push(Part::Text(rest.into()));
                break;
            };
            if at > 0 {
                parts.push(Part::Text(rest[..at].into()));
            }
            parts.push(part);
            rest = &rest[at + name.len()..];
        }
        Self(parts)
    }

    /// Returns whether the whole address is of this pattern. The time is at most the product of both lengths.
    pub(super) fn matches(&self, address: &str) -> bool {
        let address = address.as_bytes();
        let (mut part, mut at) = (0, 0);
        // The part after the last `*`, and where that `*` ends.
        let mut after_any = None;
        loop {
            let rest = &address[at..];
            let taken = match self.0.get(part) {
                None if rest.is_empty() => return true,
                None => None,
                Some(Part::Any) => {
                    after_any = Some((part + 1, at));
                    Some(0)
                }
                Some(Part::Text(text)) => rest.starts_with(text.as_bytes()).then_some(text.len()),
                Some(Part::Uuid) => uuid_length(rest),
            };
            if let Some(taken) = taken {
                (part, at) = (part + 1, at + taken);
                continue;
            }
            let Some((next, end)) = after_any else { return false };
            if end == address.len() {
                return false;
            }
            // The `*` takes one byte more.
            after_any = Some((next, end + 1));
            (part, at) = (next, end + 1);
        }
    }
}

/// The pattern of one address: itself, with `{uuid}` in place of the first UUID. `None` if it has none.
pub(super) fn pattern_of(address: &str) -> Option<String> {
    let (at, length) =
        (0..address.len()).find_map(|at| Some((at, uuid_length(&address.as_bytes()[at..])?)))?;
    Some(format!("{}{UUID}{}", &address[..at], &address[at + length..]))
}

/// The length of the UUID that `text` begins with.
fn uuid_length(text: &[u8]) -> Option<usize> {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    let is_hyphenated = |text: &[u8]| {
        let fits = |(at, byte): (usize, &u8)| {
            if HYPHENS.contains(&at) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
        };
        text.iter().enumerate().all(fits)
    };
    if text.get(..36).is_some_and(is_hyphenated) {
        return Some(36);
    }
    text.get(..32).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit)).map(<[u8]>::len)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HYPHENATED: &str = "936da01f-9abd-4d9d-80c7-02af85c822a8";
    const PLAIN: &str = "936da01f9abd4d9d80c702af85C822A8";

    fn matches(pattern: &str, address: &str) -> bool {
        AddressPattern::new(pattern).matches(address)
    }

    #[test]
    fn a_uuid_is_one_with_or_without_hyphens() {
        for uuid in [HYPHENATED, PLAIN] {
            assert!(matches("{uuid}", uuid) && matches("a.{uuid}.b", &format!("a.{uuid}.b")), "{uuid}");
            for other in
                [format!("{uuid}0"), format!("x{uuid}"), uuid[1..].to_owned(), uuid.replace('a', "g")]
            {
                assert!(!matches("{uuid}", &other), "{other}");
            }
        }
        assert!(!matches("{uuid}", "") && !matches("{uuid}", &HYPHENATED.replace('-', "_")));
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, address, is_match) in [
            ("orders.*.replies", "orders.eu.replies", true),
            ("orders.*.replies", "orders..replies", true),
            ("orders.*.replies", "orders.eu.replies.x", false),
            ("orders.*.replies", "orders.replies", false),
            ("*", "", true),
            ("*", "ä", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*a", "aaab", false),
            ("", "", true),
            ("", "a", false),
            ("{other}", "{other}", true),
        ] {
            assert_eq!(matches(pattern, address), is_match, "{pattern} {address}");
        }
        assert!(matches("*{uuid}*", &format!("client-{HYPHENATED}.reply")));
        assert!(matches("*{uuid}", &format!("936da{PLAIN}")), "the last one is taken");
    }

    #[test]
    fn many_stars_cost_no_more_than_a_few() {
        let (pattern, address) = ("*a".repeat(120), "a".repeat(119) + &"b".repeat(136));
        assert!(!matches(&pattern, &address));
    }

    #[test]
    fn the_pattern_of_an_address_is_that_of_its_siblings() {
        let pattern = pattern_of(&format!("client.{HYPHENATED}.replies")).expect("it has a UUID");
        assert_eq!(pattern, "client.{uuid}.replies");
        assert!(matches(&pattern, &format!("client.{PLAIN}.replies")));
        assert_eq!(pattern_of("client.1.replies"), None);
        assert_eq!(pattern_of("ä"), None);
    }

    proptest! {
        #[test]
        fn text_without_wildcards_matches_itself_only(text in "[^*{]{0,20}", other in ".{0,20}") {
            prop_assert!(matches(&text, &text));
            prop_assert_eq!(matches(&text, &other), text == other);
            let (pattern, address) = (format!("{text}*"), format!("{text}{other}"));
            prop_assert!(matches(&pattern, &address));
        }
    }
}
