//! Replaces generated names, which differ from run to run, by numbers in the order of their appearance.

/// The prefixes of generated names, and the characters besides letters and digits that may follow.
const GENERATED: &[(&str, &str)] =
    &[("amq.gen-", "-_"), ("amq.ctag-", "-_"), ("amq.rabbitmq.reply-to.", "-_=+/.")];

/// The minimum length of a generated part. Shorter names are those of scripts.
const MIN_LENGTH: usize = 16;

#[derive(Debug)]
pub(crate) struct GeneratedNames {
    vhost: String,
    /// Generated names, with their aliases in transcripts and scripts.
    aliases: Vec<(String, String)>,
}

impl GeneratedNames {
    pub(crate) fn new(vhost: &str) -> Self {
        Self { vhost: vhost.to_owned(), aliases: Vec::new() }
    }

    /// Returns the full name of a script's user, which is unique among scripts.
    pub(crate) fn user(&self, name: &str) -> String {
        if name == "guest" { name.to_owned() } else { format!("{name}.{}", self.vhost) }
    }

    /// Replaces generated names by aliases, for the transcript.
    pub(crate) fn shown(&mut self, text: &str) -> String {
        let mut text = text.replace(&format!(".{}", self.vhost), "").replace(&self.vhost, "/");
        for (beginning, others) in GENERATED {
            let mut from = 0;
            while let Some(at) = text[from..].find(beginning).map(|at| from + at) {
                let start = at + beginning.len();
                let end = text[start..]
                    .find(|next: char| !next.is_ascii_alphanumeric() && !others.contains(next))
                    .map_or(text.len(), |length| start + length);
                from = end;
                if end - start >= MIN_LENGTH {
                    let alias = self.alias(beginning, &text[at..end]);
                    from = at + alias.len();
                    text.replace_range(at..end, &alias);
                }
            }
        }
        text
    }

    fn alias(&mut self, beginning: &str, name: &str) -> String {
        if let Some((_, alias)) = self.aliases.iter().find(|(known, _)| known == name) {
            return alias.clone();
        }
        let number = 1 + self.aliases.iter().filter(|(known, _)| known.starts_with(beginning)).count();
        let alias = format!("{beginning}{number}");
        self.aliases.push((name.to_owned(), alias.clone()));
        alias
    }

    /// Replaces the aliases in a script's line by the generated names, quoted because they may contain any
    /// character.
    pub(crate) fn actual(&self, line: &str) -> String {
        let mut line = line.to_owned();
        // In two steps, because a name may begin with another's alias. Later aliases first: number 1 is how
        // number 12 begins.
        let mark = |index: usize| format!("\0{index}\0");
        for (index, (_, alias)) in self.aliases.iter().enumerate().rev() {
            line = line.replace(alias, &mark(index));
        }
        for (index, (name, _)) in self.aliases.iter().enumerate() {
            line = line.replace(&mark(index), &format!("\"{name}\""));
        }
        line
    }
}

#[test]
fn generated_names_are_numbered_by_kind_and_found_again() {
    let mut names = GeneratedNames::new("v1");
    let text = "'amq.gen-0123456789abcdef_-' in vhost 'v1' for user 'u.v1' by amq.ctag-0123456789abcdef";
    assert_eq!(names.shown(text), "'amq.gen-1' in vhost '/' for user 'u' by amq.ctag-1");
    assert_eq!(names.shown("amq.gen-0123456789abcdef_- amq.gen-mine"), "amq.gen-1 amq.gen-mine");
    assert_eq!(names.actual("get amq.gen-1"), "get \"amq.gen-0123456789abcdef_-\"");
}

#[test]
fn a_name_that_begins_with_an_alias_stays_whole() {
    let mut names = GeneratedNames::new("v1");
    names.shown("amq.gen-0123456789abcdef");
    names.shown("amq.gen-1123456789abcdef");
    assert_eq!(
        names.actual("amq.gen-2 amq.gen-1"),
        "\"amq.gen-1123456789abcdef\" \"amq.gen-0123456789abcdef\""
    );
}
