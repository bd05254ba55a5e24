//! TLS options: trusted authorities and the client certificate. Files are read when connecting, so that renewed files are used
//! from the next connection on.

use std::{fmt, path::PathBuf, sync::Arc};

/// How to encrypt the connection to the broker. Needs `amqps://` URIs, which without this trust what the system trusts.
///
/// ```
/// # extern crate amqp_rpc_transport as amqp_rpc;
/// use amqp_rpc::{ConnectOptions, Tls};
///
/// let tls = Tls::new().ca_file("/etc/shop/ca.pem").client_certificate_files("/etc/shop/me.pem", "/etc/shop/me.key");
/// let options = ConnectOptions::new("amqps://orders:secret@rabbit-1/shop").tls(tls);
/// # let _ = options;
/// ```
///
/// Files are read at every connection, also when one is made again: what is renewed on disk is used from then on. A file that is
/// missing, or that does not hold what it should, is a [`ConnectError::InvalidOption`](crate::ConnectError::InvalidOption).
#[derive(Clone, Default)]
#[must_use]
pub struct Tls {
    /// None are the system's.
    pub(crate) authorities: Vec<Pem>,
    /// Chain and key.
    pub(crate) certificate: Option<(Pem, Pem)>,
    pub(crate) server_name: Option<String>,
    pub(crate) external: bool,
}

/// PEM, here or in a file.
#[derive(Clone)]
pub(crate) enum Pem {
    Bytes(Arc<[u8]>),
    File(PathBuf),
}

impl Tls {
    /// Trusts the certificate authorities of the system, and shows no certificate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts these certificate authorities **instead of** the system's: one or more certificates as PEM. Given more than once,
    /// all of them are trusted.
    pub fn ca_pem(mut self, certificates: impl AsRef<[u8]>) -> Self {
        self.authorities.push(Pem::Bytes(certificates.as_ref().into()));
        self
    }

    /// Like [`ca_pem`](Self::ca_pem), from a file.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.authorities.push(Pem::File(path.into()));
        self
    }

    /// Shows this certificate where the broker asks for one: PEM of the certificate, followed by those that link it to its
    /// authority, and PEM of its key, unencrypted.
    pub fn client_certificate_pem(mut self, chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.certificate = Some((Pem::Bytes(chain.as_ref().into()), Pem::Bytes(key.as_ref().into())));
        self
    }

    /// Like [`client_certificate_pem`](Self::client_certificate_pem), from files.
    pub fn client_certificate_files(mut self, chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.certificate = Some((Pem::File(chain.into()), Pem::File(key.into())));
        self
    }

    /// Logs in as the user whom the client certificate names (SASL `EXTERNAL`), like `?auth_mechanism=external` in the URI. The
    /// broker must offer it: RabbitMQ does with the plugin `rabbitmq_auth_mechanism_ssl` and `EXTERNAL` among its
    /// `auth_mechanisms`.
    pub fn external(mut self) -> Self {
        self.external = true;
        self
    }

    /// The name that the broker's certificate must have, a DNS name or an IP address, where it is not the host of the URI.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    pub(crate) fn is_external(&self) -> bool {
        self.external
    }
}

// Keys are secrets.
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
