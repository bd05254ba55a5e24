//! Splits a URI into its parts.

use std::net::Ipv6Addr;

/// The parts of a URI, still encoded.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) is_tls: bool,
    /// `None` where it is missing or empty.
    pub(super) user: Option<&'a str>,
    pub(super) password: Option<&'a str>,
    /// A name, or an address without brackets.
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// Without the `/` in front; `None` where there is none.
    pub(super) vhost: Option<&'a str>,
    pub(super) query: &'a str,
}

const SEVERAL: &str = "it names several hosts: give each node a URI of its own, `ConnectOptions::any_of([\"amqp://…\", \"amqp://…\"])`";

impl<'a> Parts<'a> {
    /// # Errors
    /// What is wrong, and what to write. The text contains nothing of the URI.
    pub(super) fn split(text: &'a str) -> Result<Self, String> {
        if text.chars().any(char::is_control) {
            return Err("it has a line break or another control character".into());
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("it has no `amqp://` in front".into());
        };
        let is_tls = scheme.eq_ignore_ascii_case("amqps");
        if !is_tls && !scheme.eq_ignore_ascii_case("amqp") {
            return Err("its scheme is not `amqp`".into());
        }
        if [",amqp://", ",amqps://", ";amqp://", ";amqps://", " amqp://", " amqps://"]
            .iter()
            .any(|next| rest.contains(next))
        {
            return Err(SEVERAL.into());
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, after) = rest.split_at(end);
        check_rest(after)?;
        let (path, query) = after.split_once('?').unwrap_or((after, ""));
        let (user_info, host_and_port) = match authority.rsplit_once('@') {
            Some((user_info, host_and_port)) => (Some(user_info), host_and_port),
            None => (None, authority),
        };
        let (user, password) = match user_info.map(|user_info| user_info.split_once(':')) {
            Some(Some((user, password))) => (Some(user), Some(password)),
            Some(None) => (user_info, None),
            None => (None, None),
        };
        let (host, port) = host_and_port_of(host_and_port)?;
        let default = if is_tls { 5671 } else { 5672 };
        Ok(Self {
            is_tls,
            user: user.filter(|user| !user.is_empty()),
            password,
            host,
            port: port.unwrap_or(default),
            vhost: path.strip_prefix('/'),
            query,
        })
    }
}

/// Refuses what was probably meant as a part of the password: it would be read as the vhost or as a query
/// parameter, and be shown in errors.
fn check_rest(after: &str) -> Result<(), String> {
    let (character, escape) = match after.chars().next() {
        Some('?') => ('?', "%3f"),
        Some('#') => ('#', "%23"),
        _ => ('/', "%2f"),
    };
    if after.contains('@') {
        return Err(format!(
            "it has an `@` after the first `{character}`: write `{character}` in a user name or password as {escape}, and `@` in a vhost as %40"
        ));
    }
    if after.contains('#') {
        return Err("it has a `#`: write it as %23".into());
    }
    Ok(())
}

/// The host, without brackets, and the port if there is one.
fn host_and_port_of(text: &str) -> Result<(&str, Option<u16>), String> {
    if text.contains([',', ';']) {
        return Err(SEVERAL.into());
    }
    if let Some(bracketed) = text.strip_prefix('[') {
        let Some((address, after)) = bracketed.split_once(']') else {
            return Err("its host has a `[` without a `]`".into());
        };
        // With the name of an interface behind it, as in `fe80::1%eth0`.
        let without_zone = address.split_once('%').map_or(address, |(address, _)| address);
        if without_zone.parse::<Ipv6Addr>().is_err() {
            return Err("its host in brackets is no IPv6 address".into());
        }
        return match after.strip_prefix(':') {
            Some(port) => Ok((address, port_of(port)?)),
            None if after.is_empty() => Ok((address, None)),
            None => Err("it has something other than a port after the `]` of its host".into()),
        };
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, port),
        None => (text, ""),
    };
    if host.is_empty() && !text.starts_with("::") {
        return Err("it has no host".into());
    }
    if port.contains(':') {
        return Err("its host has more than one `:`: write an IPv6 address in brackets, as in [::1]".into());
    }
    let is_allowed = |character: char| character.is_alphanumeric() || ".-_".contains(character);
    if !host.chars().all(is_allowed) {
        return Err(
            "its host has a character that no host name has; is there an `@` between password and host?"
                .into(),
        );
    }
    Ok((host, port_of(port)?))
}

fn port_of(text: &str) -> Result<Option<u16>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port @ 1..) if is_number => Ok(Some(port)),
        _ => Err("its port is not a number from 1 to 65535".into()),
    }
}
