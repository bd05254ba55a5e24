//! What a comparison found.

use std::fmt;

use serde::Serialize;

use super::{Bump, Rule};

/// What has changed between two versions, and whom it breaks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The changes, in the order of the old services and methods; new ones come last.
    pub findings: Vec<Finding>,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The service on the wire; empty where a finding is about all of them.
    pub service: String,
    /// The full name of the method, such as `fib.compute`; `None` where a finding is about the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What changed: `routing_key`, or a place in a message such as `request.users[].zip`. Items of a list are `[]`,
    /// values of a map `{}`, with the pattern of their names if they have one, and a variant is in round brackets. A
    /// path that would be too long ends with an ellipsis. Empty for the method or the service itself.
    pub path: String,
    /// The kind of the change.
    pub rule: Rule,
    /// The change in words.
    pub change: String,
    /// Why old clients break when they call the new server; `None` if they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaks_clients: Option<String>,
    /// Why old servers break new clients that call them; `None` if they do not. A deployment that replaces the servers
    /// first avoids it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaks_servers: Option<String>,
}

impl Report {
    /// Some old client breaks when it calls the new server.
    #[must_use]
    pub fn breaks_clients(&self) -> bool {
        self.findings.iter().any(|finding| finding.breaks_clients.is_some())
    }

    /// Some new client breaks when it calls an old server.
    #[must_use]
    pub fn breaks_servers(&self) -> bool {
        self.findings.iter().any(|finding| finding.breaks_servers.is_some())
    }

    /// The advised change of the version: the largest of its findings'.
    #[must_use]
    pub fn bump(&self) -> Bump {
        self.findings.iter().map(Finding::bump).max().unwrap_or_default()
    }
}

impl Finding {
    /// The advised change of the version, if this were all.
    #[must_use]
    pub fn bump(&self) -> Bump {
        if self.breaks_clients.is_some() {
            Bump::Major
        } else if self.rule.is_about_texts() {
            Bump::Patch
        } else {
            Bump::Minor
        }
    }
}

/// A line for each finding, and one for each reason below it.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.findings.iter().try_for_each(|finding| writeln!(formatter, "{finding}"))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.method.as_ref().unwrap_or(&self.service);
        let place = [place, &self.path].into_iter().filter(|part| !part.is_empty()).map(String::as_str);
        let place = place.collect::<Vec<_>>().join(" ");
        let separator = if place.is_empty() { "" } else { ": " };
        write!(formatter, "{place}{separator}{} ({})", self.change, self.rule)?;
        if let Some(why) = &self.breaks_clients {
            write!(formatter, "\n  breaks old clients: {why}")?;
        }
        if let Some(why) = &self.breaks_servers {
            write!(formatter, "\n  breaks new clients of old servers: {why}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_reads_as_a_sentence_with_its_reasons() {
        let finding = Finding {
            service: "fib".into(),
            method: Some("fib.compute".into()),
            path: "request.n".into(),
            rule: Rule::LimitNarrowed,
            change: "the greatest number is 80, and was 90".into(),
            breaks_clients: Some("they may send more".into()),
            breaks_servers: None,
        };
        let text = "fib.compute request.n: the greatest number is 80, and was 90 (limit-narrowed)\n  \
                    breaks old clients: they may send more\n";
        assert_eq!(Report { findings: vec![finding] }.to_string(), text);
    }
}
