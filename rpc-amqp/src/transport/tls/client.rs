//! Prepares TLS from certificates and a key, and performs the handshake.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::explain::explain;
use crate::{
    error::{BrokerError, ConnectError},
    options::{BrokerUri, Pem, Tls},
};

/// A TLS client whose certificates and key are read and valid.
pub(crate) struct Client {
    connector: TlsConnector,
    server_name: Option<ServerName<'static>>,
}

impl Client {
    /// Reads the files and the system's certificate store. Blocks the thread.
    ///
    /// # Errors
    /// `InvalidOption`, which names the missing or broken file, and never shows its contents.
    pub(crate) fn prepare(tls: &Tls) -> Result<Self, ConnectError> {
        if tls.external && tls.certificate.is_none() {
            return Err(invalid(
                "TLS: a login by client certificate needs a client certificate, and none is set",
            ));
        }
        let server_name =
            tls.server_name.as_deref().map(|name| server_name(name, "server_name")).transpose()?;
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid(format!("TLS: the process's default cryptography: {error}")))?
            .with_root_certificates(roots(&tls.authorities)?);
        let config = match &tls.certificate {
            None => config.with_no_client_auth(),
            Some((chain, key)) => config
                .with_client_auth_cert(certificates(chain, "the client certificate")?, private_key(key)?)
                .map_err(|error| invalid(format!("TLS: the client certificate with its key: {error}")))?,
        };
        Ok(Self { connector: Arc::new(config).into(), server_name })
    }

    /// The name that the node's certificate must have.
    ///
    /// # Errors
    /// `InvalidOption` for a host that is not a valid name in a certificate.
    pub(crate) fn expected_name(&self, node: &BrokerUri) -> Result<ServerName<'static>, ConnectError> {
        match &self.server_name {
            Some(name) => Ok(name.clone()),
            None => server_name(node.host(), "the host"),
        }
    }

    /// Performs the handshake with `node`.
    ///
    /// # Errors
    /// Those of [`explain`], `TlsHandshake` for anything else.
    pub(crate) async fn handshake(
        &self,
        socket: TcpStream,
        node: &BrokerUri,
    ) -> Result<TlsStream<TcpStream>, ConnectError> {
        let handshake = self.connector.connect(self.expected_name(node)?, socket);
        handshake.await.map_err(|error| {
            explain(&error, &node.endpoint()).unwrap_or_else(|| ConnectError::TlsHandshake {
                endpoint: node.endpoint(),
                source: BrokerError::new(None, error.to_string()),
            })
        })
    }
}

/// The cryptography that the process has installed as its default, or else the crate's own. Installs nothing:
/// that is up to the program.
fn provider() -> Arc<CryptoProvider> {
    if let Some(installed) = CryptoProvider::get_default() {
        return Arc::clone(installed);
    }
    #[cfg(feature = "tls-aws-lc")]
    let default = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "tls-aws-lc"))]
    let default = rustls::crypto::ring::default_provider();
    Arc::new(default)
}

fn roots(authorities: &[Pem]) -> Result<RootCertStore, ConnectError> {
    if authorities.is_empty() {
        return system_roots();
    }
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        for certificate in certificates(authority, "the certificate authority")? {
            roots.add(certificate).map_err(|error| {
                invalid(format!("TLS: {}: {error}", authority.describe("the certificate authority")))
            })?;
        }
    }
    Ok(roots)
}

fn system_roots() -> Result<RootCertStore, ConnectError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // Some systems hold certificates that cannot be parsed. They are ignored, as other TLS clients do.
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable > 0 {
        return Ok(roots);
    }
    let cause = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
    Err(invalid(format!(
        "TLS: the system trusts no certificate authority{cause}; install its certificates (Debian: ca-certificates), or trust your own by `Tls::ca_file`"
    )))
}

fn certificates(pem: &Pem, what: &str) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    let bytes = pem.read(what)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(invalid(format!("TLS: {} holds no PEM of a certificate", pem.describe(what)))),
        Err(_) => Err(invalid(format!("TLS: {} holds broken PEM", pem.describe(what)))),
    }
}

fn private_key(pem: &Pem) -> Result<PrivateKeyDer<'static>, ConnectError> {
    let what = "the key of the client certificate";
    // The parser's error is dropped, because it quotes the key file.
    PrivateKeyDer::from_pem_slice(&pem.read(what)?).map_err(|_| {
        invalid(format!("TLS: {} holds no PEM of an unencrypted private key", pem.describe(what)))
    })
}

fn server_name(name: &str, what: &str) -> Result<ServerName<'static>, ConnectError> {
    ServerName::try_from(name.to_owned())
        .map_err(|_| invalid(format!("TLS: {what} `{name}` is neither a DNS name nor an IP address")))
}

impl Pem {
    fn read(&self, what: &str) -> Result<Arc<[u8]>, ConnectError> {
        match self {
            Self::Bytes(bytes) => Ok(Arc::clone(bytes)),
            Self::File(path) => read_file(path)
                .map_err(|error| invalid(format!("TLS: {} cannot be read: {error}", self.describe(what)))),
        }
    }

    fn describe(&self, what: &str) -> String {
        match self {
            Self::Bytes(_) => what.to_owned(),
            Self::File(path) => format!("{what} in {}", path.display()),
        }
    }
}

fn read_file(path: &Path) -> std::io::Result<Arc<[u8]>> {
    fs::read(path).map(Into::into)
}

fn invalid(text: impl Into<String>) -> ConnectError {
    ConnectError::InvalidOption(text.into())
}
