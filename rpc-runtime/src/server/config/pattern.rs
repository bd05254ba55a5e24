//! Events with the topics with which a subscription receives them.

use std::collections::BTreeSet;

use amqp_rpc_transport::limits::MAX_SHORT_STRING_BYTES;

use crate::{
    contract::{Event, MethodDef, ServiceDef},
    error::StartError,
};

/// Events with patterns of the topics with which they are received. Each pair is one binding.
pub(crate) type Patterns = BTreeSet<Pattern>;

#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) method: &'static MethodDef,
    pub(crate) topics: String,
}

/// Refuses patterns whose events nothing handles, that never match, or that the broker does not accept.
pub(crate) fn check_patterns<'a>(
    patterns: impl IntoIterator<Item = &'a Pattern>,
    service: &'static ServiceDef,
) -> Result<(), StartError> {
    for pattern in patterns {
        let name = pattern.method.full_name;
        let is_handled = service.methods.iter().any(|method| method.full_name == name);
        if !is_handled && pattern.method.service == service.name {
            let text = format!(
                "nothing handles `{name}` in this subscription to `{}`; add `.on::<..>(..)`",
                service.name
            );
            return Err(StartError::InvalidOption(text));
        }
        pattern.check(service)?;
    }
    Ok(())
}

/// Refuses patterns that cannot have been bound for `service`. Its events need no handler any more.
pub(crate) fn check_unbound(patterns: &[Pattern], service: &'static ServiceDef) -> Result<(), StartError> {
    patterns.iter().try_for_each(|pattern| pattern.check(service))
}

pub(crate) fn patterns<E: Event>(
    topics: impl IntoIterator<Item = impl Into<String>>,
) -> impl Iterator<Item = Pattern> {
    topics.into_iter().map(|topics| Pattern { method: E::METHOD, topics: topics.into() })
}

impl Pattern {
    /// The routing key that the queue is bound with.
    pub(crate) fn routing_key(&self) -> String {
        format!("{}.{}", self.method.routing_key, self.topics)
    }

    fn check(&self, service: &'static ServiceDef) -> Result<(), StartError> {
        let Self { method, topics } = self;
        let name = method.full_name;
        let is_of_service = method.service == service.name
            || service.methods.iter().any(|of_service| of_service.full_name == name);
        if !is_of_service {
            let text = format!("`{name}` is no event of `{}`", service.name);
            return Err(StartError::InvalidOption(text));
        }
        let invalid = |why| StartError::InvalidOption(format!("the pattern {topics:?} for `{name}` {why}"));
        self.check_topics().map_err(invalid)
    }

    fn check_topics(&self) -> Result<(), &'static str> {
        if self.topics.split('.').any(str::is_empty) {
            return Err("has an empty word; `#` matches every topic, the empty one as well");
        }
        if self.topics.split('.').any(|word| word.len() > 1 && word.contains(['#', '*'])) {
            return Err("has a wildcard within a word; `*` and `#` stand for whole words");
        }
        if self.topics.chars().any(char::is_control) {
            return Err("has a control character");
        }
        if self.routing_key().len() > MAX_SHORT_STRING_BYTES {
            return Err("is longer than AMQP allows: 255 bytes together with the event's name");
        }
        Ok(())
    }

    fn key(&self) -> (&'static str, &str) {
        (self.method.full_name, &self.topics)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Pattern {}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}
