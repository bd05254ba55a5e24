//! Which requests are answered: those that name this server, and where they call, those of its own page.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// The names that the server answers to, beside IP addresses and `localhost`.
#[derive(Clone, Debug)]
pub(super) struct Hosts(Arc<[String]>);

impl Hosts {
    pub(super) fn new(names: Vec<String>) -> Self {
        Self(names.into())
    }

    /// An IP address is no name that somebody could have point to this machine. Ports are not compared: a tunnel has
    /// another one.
    fn has(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _)) => return address.parse::<IpAddr>().is_ok(),
            None => host.rsplit_once(':').map_or(host, |(name, _)| name),
        };
        name.parse::<IpAddr>().is_ok()
            || name.eq_ignore_ascii_case("localhost")
            || self.0.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Refuses requests for names that are not this server's: a site can have its own name point to this machine, and
/// would then read the page, or call, as if it were the page (DNS rebinding).
pub(super) async fn known_host(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let of_target = request.uri().authority().map(Authority::as_str);
    let is_known = host_of(request.headers()).is_some_and(|host| hosts.has(host));
    if !is_known || of_target.is_some_and(|host| !hosts.has(host)) {
        let about = "this server does not answer to that name: use its IP address or localhost, or give it the name\n";
        return (StatusCode::MISDIRECTED_REQUEST, about).into_response();
    }
    next.run(request).await
}

/// Whether a request comes from the page, or from a program that is no browser.
///
/// Browsers send `Origin` with every `POST`, and newer ones `Sec-Fetch-Site`; pages cannot change them.
pub(super) fn is_same_site(headers: &HeaderMap) -> bool {
    let text = |name| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
    let host = host_of(headers).unwrap_or_default();
    let is_own = |origin: &str| {
        let of_origin = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        of_origin.is_some_and(|of_origin| of_origin.eq_ignore_ascii_case(host))
    };
    text("origin").all(is_own) && text("sec-fetch-site").all(|site| site == "same-origin")
}

/// The only `Host`.
fn host_of(headers: &HeaderMap) -> Option<&str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    hosts.next().is_none().then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_given_names_are_known() {
        let hosts = Hosts::new(vec!["docs.example.com".to_owned()]);
        for known in [
            "127.0.0.1",
            "127.0.0.1:80",
            "[::1]:8080",
            "[::1]",
            "localhost:1",
            "LOCALHOST",
            "Docs.example.com:443",
        ] {
            assert!(hosts.has(known), "{known}");
        }
        for foreign in [
            "",
            ":80",
            "example.com",
            "127.0.0.1.example.com",
            "localhost.example.com:80",
            "[evil]:80",
            "docs.example.com.evil",
        ] {
            assert!(!hosts.has(foreign), "{foreign}");
        }
    }

    #[test]
    fn requests_of_other_sites_are_recognised() {
        let from = |headers: &[(&'static str, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            is_same_site(&headers.chain([(header::HOST, "127.0.0.1:80".parse().unwrap())]).collect())
        };
        assert!(from(&[]));
        assert!(from(&[("origin", "http://127.0.0.1:80"), ("sec-fetch-site", "same-origin")]));
        assert!(!from(&[("origin", "http://127.0.0.1:81")]));
        assert!(!from(&[("origin", "http://evil.example")]));
        assert!(!from(&[("origin", "null")]));
        assert!(!from(&[("origin", "http://127.0.0.1:80"), ("sec-fetch-site", "cross-site")]));
        assert!(!from(&[("sec-fetch-site", "same-site")]));
    }
}
