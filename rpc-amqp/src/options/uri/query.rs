//! The query parameters of a URI.

use std::time::Duration;

use lapin::uri::{AMQPQueryString, SASLMechanism};

/// The parameters that are understood.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) for_lapin: AMQPQueryString,
    pub(super) connect_timeout: Option<Duration>,
}

const KNOWN: [&str; 6] =
    ["heartbeat", "frame_max", "channel_max", "auth_mechanism", "connection_timeout", "verify"];

/// RabbitMQ's parameters that belong elsewhere here, and where.
const ELSEWHERE: [(&str, &str); 8] = [
    ("cacertfile", "give the file to `ConnectOptions::tls(Tls::new().ca_file(..))`"),
    ("certfile", "give both files to `ConnectOptions::tls(Tls::new().client_certificate_files(..))`"),
    ("keyfile", "give both files to `ConnectOptions::tls(Tls::new().client_certificate_files(..))`"),
    ("server_name_indication", "give the name to `ConnectOptions::tls(Tls::new().server_name(..))`"),
    ("fail_if_no_peer_cert", "leave it out: the broker's certificate is always required"),
    ("depth", "leave it out: chains may be as long as they are"),
    ("password", "leave it out: the key of a client certificate must not be encrypted"),
    ("vhost", "write the vhost behind the host, as in amqp://host/vhost"),
];

impl Query {
    /// # Errors
    /// What is wrong, and what to write. The text contains no value.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut query = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        for parameter in text.split('&').filter(|parameter| !parameter.is_empty()) {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if seen.contains(&key) {
                return Err(format!("its query has {} twice", shown(key)));
            }
            seen.push(key);
            query.set(key, value)?;
        }
        Ok(query)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "heartbeat" => {
                self.for_lapin.heartbeat = Some(number(key, value, "seconds from 0 to 65535", 0..=0xffff)?);
            }
            "channel_max" => {
                self.for_lapin.channel_max =
                    Some(number(key, value, "channels from 0 to 65535", 0..=0xffff)?);
            }
            "frame_max" if value == "0" => self.for_lapin.frame_max = Some(0),
            "frame_max" => {
                let range = 4096..=u64::from(u32::MAX);
                self.for_lapin.frame_max = Some(number(key, value, "bytes, 0 or from 4096", range)?);
            }
            "connection_timeout" => {
                let range = 1..=u64::from(u32::MAX);
                let milliseconds: u32 = number(key, value, "milliseconds from 1", range)?;
                self.connect_timeout = Some(Duration::from_millis(milliseconds.into()));
            }
            "auth_mechanism" => {
                let mechanism = value.parse::<SASLMechanism>().map_err(|_| {
                    "its `auth_mechanism` is none of plain, amqplain, external, anonymous, rabbit-cr-demo"
                })?;
                self.for_lapin.auth_mechanism = Some(mechanism);
            }
            "verify" if value == "verify_peer" => {}
            "verify" => {
                return Err("its `verify` is not `verify_peer`: the broker's certificate is always verified; trust a private authority with `ConnectOptions::tls(Tls::new().ca_file(..))`".into());
            }
            _ => return Err(unknown(key)),
        }
        Ok(())
    }
}

/// The number in `value`.
fn number<N: TryFrom<u64>>(
    key: &str,
    value: &str,
    what: &str,
    range: std::ops::RangeInclusive<u64>,
) -> Result<N, String> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|number| is_number && range.contains(number));
    let number = number.and_then(|number: u64| N::try_from(number).ok());
    number.ok_or_else(|| format!("its `{key}` is not a number of {what}, without a unit"))
}

fn unknown(key: &str) -> String {
    if let Some((_, instead)) = ELSEWHERE.iter().find(|(known, _)| *known == key) {
        return format!("its query parameter `{key}` is not supported: {instead}");
    }
    let known = KNOWN.join("`, `");
    let closest = KNOWN.iter().min_by_key(|known| distance(key, known));
    let meant = closest.filter(|known| distance(key, known) <= 2);
    let meant = meant.map_or(String::new(), |known| format!("did you mean `{known}`? "));
    format!("its query parameter {} is unknown: {meant}supported are `{known}`", shown(key))
}

/// The key, unless it may be something else.
fn shown(key: &str) -> String {
    let is_name = key.len() <= 40 && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_name && !key.is_empty() { format!("`{key}`") } else { "(not shown)".into() }
}

/// The number of letters to insert, remove or replace to get from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.bytes().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}
