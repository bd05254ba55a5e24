//! The reserved methods by which servers tell of themselves, and the bodies of their replies.
//!
//! A reader ignores members that it does not know.

use serde::{Deserialize, Serialize};

/// Who serves.
pub(crate) const PING: &str = "$ping";
/// What a service has.
pub(crate) const DESCRIBE: &str = "$describe";
/// How often its methods were called.
pub(crate) const STATS: &str = "$stats";
/// The routing key of requests to every server; after the name of a service, to all of its servers.
pub(crate) const ALL: &str = "$all";

/// Begins each name that is reserved.
const RESERVED: char = '$';

/// The name of a reserved method, or a routing key, of `service`. An empty one is that of the server as a whole.
pub(crate) fn of_service(service: &str, name: &str) -> String {
    if service.is_empty() { name.to_owned() } else { format!("{service}.{name}") }
}

/// Returns whether a part of the name of a method is reserved.
pub(crate) fn is_reserved(full_name: &str) -> bool {
    full_name.split('.').any(|part| part.starts_with(RESERVED))
}

/// The reply of [`PING`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct InstanceBody {
    pub(crate) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) app: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    #[serde(default)]
    pub(crate) library: String,
    #[serde(default)]
    pub(crate) uptime_ms: u64,
    #[serde(default)]
    pub(crate) services: Vec<ServiceBody>,
}

/// A service of an instance.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ServiceBody {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    #[serde(default)]
    pub(crate) exchange: String,
    #[serde(default)]
    pub(crate) queue: String,
    #[serde(default)]
    pub(crate) described: bool,
}

/// The reply of [`STATS`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StatsBody {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) uptime_ms: u64,
    #[serde(default)]
    pub(crate) methods: Vec<MethodStatsBody>,
}

/// The calls of one method of an instance.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MethodStatsBody {
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) calls: u64,
    #[serde(default)]
    pub(crate) errors: u64,
    #[serde(default)]
    pub(crate) in_flight: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) p50_us: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) p99_us: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_begins_with_a_dollar_is_reserved() {
        for reserved in ["$ping", "fib.$ping", "$all.compute", "a.$b.c"] {
            assert!(is_reserved(reserved), "{reserved}");
        }
        for free in ["fib.compute", "fib.us$", "a$b.c", ""] {
            assert!(!is_reserved(free), "{free}");
        }
    }

    #[test]
    fn members_that_are_not_known_are_ignored_and_those_that_are_missing_are_empty() {
        let body = r#"{"id": "1", "later": [1], "services": [{"name": "fib", "color": "red"}]}"#;
        let instance: InstanceBody = serde_json::from_str(body).unwrap();
        assert_eq!((instance.id.as_str(), instance.services[0].name.as_str()), ("1", "fib"));
        let stats: StatsBody = serde_json::from_str(r#"{"id": "1", "methods": [{"method": "m"}]}"#).unwrap();
        assert_eq!(stats.methods[0].p50_us, None);
        assert!(serde_json::from_str::<InstanceBody>(r#"{"services": []}"#).is_err(), "it has no id");
    }
}
