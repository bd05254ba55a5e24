//! Joins neighbouring confirms into one line of numbers, because brokers differ in how many publishes they
//! confirm at once.

use std::collections::BTreeSet;

use super::client::Received;

/// The publishes that were confirmed on a channel so far.
#[derive(Debug, Default)]
pub(crate) struct ConfirmLines(BTreeSet<u64>);

impl ConfirmLines {
    /// Formats each item as a line, and neighbouring confirms of a kind as one line.
    pub(crate) fn lines(&mut self, received: &[Received]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut tags = BTreeSet::new();
        for (index, item) in received.iter().enumerate() {
            if !matches!(item.name, "basic.ack" | "basic.nack") {
                if matches!(item.name, "channel.close" | "channel.close-ok") {
                    self.0.clear();
                }
                lines.push(item.line());
                continue;
            }
            tags.extend(self.covered(&item.text));
            if received.get(index + 1).is_none_or(|next| next.name != item.name) {
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
    let received = |name, text: &str| Received { name, text: text.to_owned() };
    let mut confirmed = ConfirmLines::default();
    assert_eq!(confirmed.lines(&[received("basic.ack", "2"), received("basic.ack", "1")]), ["basic.ack 1 2"]);
    let lines = confirmed.lines(&[received("basic.nack", "3"), received("basic.ack", "5 multiple")]);
    assert_eq!(lines, ["basic.nack 3", "basic.ack 4 5"]);
}
