//! The parts of an AMQP URI that tests replace.

/// `amqp://credentials@authority/vhost`, split. Knows only the plain addresses that the tests themselves
/// make.
#[derive(Clone, Debug)]
pub(crate) struct BrokerUri {
    credentials: String,
    authority: String,
    vhost: Option<String>,
}

impl BrokerUri {
    pub(crate) fn parse(uri: &str) -> Self {
        let rest = uri.strip_prefix("amqp://").unwrap_or_else(|| panic!("{uri} does not begin with amqp://"));
        let (server, vhost) = match rest.split_once('/') {
            Some((server, vhost)) => (server, Some(vhost.to_owned())),
            None => (rest, None),
        };
        let (credentials, host) = server.rsplit_once('@').unwrap_or(("guest:guest", server));
        let authority = if host.contains(':') { host.to_owned() } else { format!("{host}:5672") };
        Self { credentials: credentials.to_owned(), authority, vhost }
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// User and password.
    pub(crate) fn credentials(&self) -> (&str, &str) {
        self.credentials.split_once(':').expect("tests write both")
    }

    /// The virtual host's name.
    pub(crate) fn vhost(&self) -> &str {
        self.vhost.as_deref().unwrap_or("/")
    }

    pub(crate) fn with_vhost(mut self, vhost: &str) -> Self {
        self.vhost = Some(vhost.to_owned());
        self
    }

    pub(crate) fn with_credentials(mut self, user: &str, password: &str) -> Self {
        self.credentials = format!("{user}:{password}");
        self
    }

    pub(crate) fn with_authority(mut self, authority: &str) -> Self {
        self.authority = authority.to_owned();
        self
    }
}

impl std::fmt::Display for BrokerUri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "amqp://{}@{}", self.credentials, self.authority)?;
        self.vhost.iter().try_for_each(|vhost| write!(f, "/{vhost}"))
    }
}
