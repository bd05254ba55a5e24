//! Whether a broker confirms several publishes at once is its own affair: neighbouring confirms make one line of numbers.

use std::collections::BTreeSet;

use super::peer::Heard;

/// What was confirmed on a channel so far.
#[derive(Debug, Default)]
pub(crate) struct Confirmed(BTreeSet<u64>);

impl Confirmed {
    /// One line for each thing heard, but one for neighbouring confirms of a kind.
    pub(crate) fn lines(&mut self, heard: &[Heard]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut tags = BTreeSet::new();
        for (index, item) in heard.iter().enumerate() {
            if !matches!(item.name, "basic.ack" | "basic.nack") {
                if matches!(item.name, "channel.close" | "channel.close-ok") {
                    self.0.clear();
                }
                lines.push(item.line());
                continue;
            }
            tags.extend(self.covered(&item.text));
            if heard.get(index + 1).is_none_or(|next| next.name != item.name) {
                let numbers: Vec<_> = tags.iter().map(u64::to_string).collect();
                lines.push(format!("{} {}", item.name, numbers.join(" ")));
                self.0.append(&mut tags);
            }
        }
        lines
    }

    fn covered(&self, text: &str) -> Vec<u64> {
        let (tag, multiple) = text.split_once(' ').map_or((text, false), |(tag, _)| (tag, true));
        let tag: u64 = tag.parse().expect("a confirm has a number");
        if !multiple {
            return vec![tag];
        }
        (1..=tag).filter(|earlier| !self.0.contains(earlier)).collect()
    }
}

#[test]
fn a_confirm_of_several_is_written_as_its_numbers() {
    let heard = |name, text: &str| Heard { name, text: text.to_owned() };
    let mut confirmed = Confirmed::default();
    assert_eq!(confirmed.lines(&[heard("basic.ack", "2"), heard("basic.ack", "1")]), ["basic.ack 1 2"]);
    let lines = confirmed.lines(&[heard("basic.nack", "3"), heard("basic.ack", "5 multiple")]);
    assert_eq!(lines, ["basic.nack 3", "basic.ack 4 5"]);
}
