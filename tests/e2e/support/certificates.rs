//! Certificates, made when a test runs: committed ones expire.

use std::{
    fs,
    path::PathBuf,
    process,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};

/// A certificate authority of a test.
#[derive(Debug)]
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, as PEM.
#[derive(Clone, Debug)]
pub(crate) struct Certified {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("there is randomness");
        let pem = params.self_signed(&key).expect("the parameters are complete").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// Issues a certificate for the loopback, where all brokers of tests listen.
    pub(crate) fn issue_for_loopback(&self) -> Certified {
        self.issue(&["localhost", "127.0.0.1"])
    }

    /// Issues a server certificate for these names.
    pub(crate) fn issue(&self, names: &[&str]) -> Certified {
        self.issue_with(names, |_| {})
    }

    /// Issues a server certificate that is valid in these years only.
    pub(crate) fn issue_between(&self, from: i32, to: i32) -> Certified {
        self.issue_with(&["localhost", "127.0.0.1"], |params| {
            params.not_before = date_time_ymd(from, 1, 1);
            params.not_after = date_time_ymd(to, 1, 1);
        })
    }

    /// Issues a client certificate for the user of this name.
    pub(crate) fn issue_for_user(&self, user: &str) -> Certified {
        self.issue_with(&[], |params| {
            params.distinguished_name.push(DnType::CommonName, user);
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        })
    }

    fn issue_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Certified {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names are ASCII");
        params.distinguished_name.push(DnType::CommonName, "a test");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        change(&mut params);
        let key = KeyPair::generate().expect("there is randomness");
        let certificate = params.signed_by(&key, &self.issuer).expect("the parameters are complete");
        Certified { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

impl Certified {
    /// The configuration of a server that presents this certificate and requests none.
    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        self.serving(WebPkiClientVerifier::no_client_auth())
    }

    /// The configuration of a server that requires a client certificate of `authority`.
    pub(crate) fn server_for_clients_of(&self, authority: &Authority) -> Arc<ServerConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate(authority.pem())).expect("it is a certificate");
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(ring::default_provider()));
        self.serving(verifier.build().expect("there is an authority"))
    }

    fn serving(&self, clients: Arc<dyn ClientCertVerifier>) -> Arc<ServerConfig> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("it speaks them");
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("it is a key");
        let chain = vec![certificate(&self.certificate)];
        let config = builder.with_client_cert_verifier(clients).with_single_cert(chain, key);
        Arc::new(config.expect("the key is that of the certificate"))
    }
}

/// Writes a file of this content into a new folder.
pub(crate) fn pem_file(name: &str, content: &str) -> PathBuf {
    static FOLDERS: AtomicU32 = AtomicU32::new(0);
    let folder = format!("pem-{}-{}", process::id(), FOLDERS.fetch_add(1, Ordering::Relaxed));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    fs::create_dir_all(&folder).expect("cargo's folder is writable");
    let path = folder.join(name);
    fs::write(&path, content).expect("the folder is writable");
    path
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("it is PEM")
}
