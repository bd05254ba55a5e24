//! Parses broker URIs strictly: a part that is not understood is an error that says which, and what to write.

mod parts;
mod percent;
mod query;
#[cfg(test)]
mod tests;

use std::time::Duration;

use lapin::uri::{AMQPAuthority, AMQPUri, AMQPUserInfo, SASLMechanism};

use self::{parts::Parts, query::Query};
use super::Secret;
use crate::{error::ConnectError, limits::MAX_SHORT_STRING_BYTES};

/// A valid broker URI.
#[derive(Debug)]
pub(crate) struct BrokerUri {
    /// Without the password, which lapin shows in `Debug`. Its scheme is always `amqp`, because this crate
    /// encrypts the connection, not lapin.
    address: AMQPUri,
    password: Secret,
    is_tls: bool,
    names_user: bool,
    connect_timeout: Option<Duration>,
}

/// User and password where the URI names none.
const GUEST: &str = "guest";

impl BrokerUri {
    /// Parses a URI.
    ///
    /// # Errors
    /// `InvalidUri` with a text that contains nothing of the URI but names of query parameters.
    /// `TlsUnavailable` for `amqps://` in a build without TLS: the password must not be sent in plain text.
    pub(crate) fn parse(text: &str) -> Result<Self, ConnectError> {
        let parts = Parts::split(text.trim()).map_err(ConnectError::InvalidUri)?;
        if parts.is_tls && !cfg!(feature = "__rustls") {
            return Err(ConnectError::TlsUnavailable);
        }
        Self::read(&parts).map_err(ConnectError::InvalidUri)
    }

    fn read(parts: &Parts<'_>) -> Result<Self, String> {
        let user = parts.user.map(|user| percent::decode("user name", user)).transpose()?;
        let password = parts.password.map(|password| percent::decode("password", password)).transpose()?;
        // Strictly, `amqp://host/` names the vhost "". Users mean the vhost `/`.
        let vhost = match parts.vhost {
            None | Some("") => "/".to_owned(),
            Some(vhost) => percent::decode("vhost", vhost)?,
        };
        if vhost.len() > MAX_SHORT_STRING_BYTES {
            return Err(format!("its vhost has more than AMQP's {MAX_SHORT_STRING_BYTES} bytes"));
        }
        let Query { for_lapin, connect_timeout } = Query::parse(parts.query)?;
        let names_user = user.is_some();
        let username = user.unwrap_or_else(|| GUEST.to_owned());
        let userinfo = AMQPUserInfo { username, password: String::new() };
        let authority = AMQPAuthority { userinfo, host: parts.host.to_owned(), port: parts.port };
        Ok(Self {
            address: AMQPUri { scheme: Default::default(), authority, vhost, query: for_lapin },
            password: Secret::new(password.unwrap_or_else(|| GUEST.to_owned())),
            is_tls: parts.is_tls,
            names_user,
            connect_timeout,
        })
    }

    /// The address for lapin.
    pub(crate) fn address(&self) -> &AMQPUri {
        &self.address
    }

    /// Returns whether the scheme is `amqps`.
    pub(crate) fn is_tls(&self) -> bool {
        self.is_tls
    }

    pub(crate) fn mechanism(&self) -> SASLMechanism {
        self.address.query.auth_mechanism.unwrap_or_default()
    }

    pub(crate) fn password(&self) -> &Secret {
        &self.password
    }

    /// The time in which the node must accept the TCP connection, if the URI says it.
    pub(crate) fn connect_timeout(&self) -> Option<Duration> {
        self.connect_timeout
    }

    /// The host: a name, or an address without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.address.authority.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.authority.port
    }

    /// Host and port, for errors and logs.
    pub(crate) fn endpoint(&self) -> String {
        let authority = &self.address.authority;
        if authority.host.contains(':') {
            format!("[{}]:{}", authority.host, authority.port)
        } else {
            format!("{}:{}", authority.host, authority.port)
        }
    }

    pub(crate) fn user(&self) -> &str {
        &self.address.authority.userinfo.username
    }

    /// The user's name if the URI contains one, without the default.
    pub(crate) fn stated_user(&self) -> Option<&str> {
        self.names_user.then(|| self.user())
    }

    pub(crate) fn vhost(&self) -> &str {
        &self.address.vhost
    }
}
