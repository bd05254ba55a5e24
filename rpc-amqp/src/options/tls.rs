//! TLS options: the trusted certificate authorities and the client certificate.

use std::{fmt, path::PathBuf, sync::Arc};

/// The TLS options of connections with `amqps://` URIs.
///
/// Without them such a connection trusts the system's certificate authorities and has no client certificate.
///
/// ```
/// # extern crate amqp_rpc_transport as amqp_rpc;
/// use amqp_rpc::{ConnectOptions, Tls};
///
/// let tls = Tls::new()
///     .ca_file("/etc/shop/ca.pem")
///     .client_certificate_files("/etc/shop/me.pem", "/etc/shop/me.key");
/// let options = ConnectOptions::new("amqps://orders:secret@rabbit-1/shop").tls(tls);
/// # let _ = options;
/// ```
///
/// Files are read again for every connection, so a renewed file is used from the next connection on. A
/// missing or invalid file is a [`ConnectError::InvalidOption`](crate::ConnectError::InvalidOption).
#[derive(Clone, Default)]
#[must_use]
pub struct Tls {
    /// The trusted authorities; empty for those of the system.
    pub(crate) authorities: Vec<Pem>,
    /// The chain and the key of the client certificate.
    pub(crate) certificate: Option<(Pem, Pem)>,
    pub(crate) server_name: Option<String>,
    pub(crate) external: bool,
}

/// PEM in memory or in a file.
#[derive(Clone)]
pub(crate) enum Pem {
    Bytes(Arc<[u8]>),
    File(PathBuf),
}

impl Tls {
    /// Creates options that trust the system's certificate authorities, without a client certificate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts these certificate authorities **instead of** the system's. Takes one or more certificates as
    /// PEM. Several calls add up.
    pub fn ca_pem(mut self, certificates: impl AsRef<[u8]>) -> Self {
        self.authorities.push(Pem::Bytes(certificates.as_ref().into()));
        self
    }

    /// Like [`ca_pem`](Self::ca_pem), from a file.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.authorities.push(Pem::File(path.into()));
        self
    }

    /// Sets the client certificate, which is sent if the broker requests one. `chain` is PEM of the
    /// certificate followed by its intermediate certificates, `key` is PEM of its unencrypted private key.
    pub fn client_certificate_pem(mut self, chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.certificate = Some((Pem::Bytes(chain.as_ref().into()), Pem::Bytes(key.as_ref().into())));
        self
    }

    /// Like [`client_certificate_pem`](Self::client_certificate_pem), from files.
    pub fn client_certificate_files(mut self, chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.certificate = Some((Pem::File(chain.into()), Pem::File(key.into())));
        self
    }

    /// Logs in as the user that the client certificate names (SASL `EXTERNAL`), like
    /// `?auth_mechanism=external` in the URI. The broker must offer this mechanism: RabbitMQ does with the
    /// plugin `rabbitmq_auth_mechanism_ssl` and `EXTERNAL` among its `auth_mechanisms`.
    pub fn external(mut self) -> Self {
        self.external = true;
        self
    }

    /// Sets the name that the broker's certificate must have, a DNS name or an IP address. Default: the host
    /// of the URI.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    pub(crate) fn is_external(&self) -> bool {
        self.external
    }
}

// Shows no PEM: the key is a secret.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("own_authorities", &self.authorities.len())
            .field("client_certificate", &self.certificate.is_some())
            .field("external", &self.external)
            .field("server_name", &self.server_name)
            .finish_non_exhaustive()
    }
}
