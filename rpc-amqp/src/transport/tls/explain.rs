//! Translates TLS errors into errors that say what to change.

use std::io;

use rustls::{AlertDescription as Alert, CertificateError, Error};

use crate::{
    error::{BrokerError, CertificateProblem, ConnectError},
    transport::socket::ClosedBeforeFirstRead,
};

/// Explains a TLS error, or returns `None` when `error` is not one of TLS.
///
/// In TLS 1.3 the broker verifies the client certificate last. Its alert arrives with the first read, after
/// the client's handshake has succeeded.
pub(crate) fn explain(error: &io::Error, endpoint: &str) -> Option<ConnectError> {
    let (inner, endpoint) = (error.get_ref()?, endpoint.to_owned());
    let source = || BrokerError::new(None, inner.to_string());
    if inner.is::<ClosedBeforeFirstRead>() {
        return Some(ConnectError::TlsHandshake { endpoint, source: source() });
    }
    let error = inner.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidCertificate(refused) => {
            ConnectError::CertificateRefused { endpoint, problem: problem(refused) }
        }
        // A peer that speaks another protocol sends bytes that are not a TLS record.
        Error::InvalidMessage(_) => ConnectError::NotTls { endpoint },
        Error::AlertReceived(alert) if concerns_client_certificate(*alert) => {
            ConnectError::ClientCertificateRefused { endpoint, source: source() }
        }
        _ => ConnectError::TlsHandshake { endpoint, source: source() },
    })
}

fn problem(refused: &CertificateError) -> CertificateProblem {
    use CertificateError as Refused;
    match refused {
        Refused::UnknownIssuer => CertificateProblem::UnknownIssuer,
        Refused::NotValidForName => CertificateProblem::WrongName(Vec::new()),
        Refused::NotValidForNameContext { presented, .. } => CertificateProblem::WrongName(presented.clone()),
        Refused::Expired | Refused::ExpiredContext { .. } => CertificateProblem::Expired,
        Refused::NotValidYet | Refused::NotValidYetContext { .. } => CertificateProblem::NotValidYet,
        other => CertificateProblem::Other(other.to_string()),
    }
}

fn concerns_client_certificate(alert: Alert) -> bool {
    matches!(
        alert,
        Alert::CertificateRequired
            | Alert::NoCertificate
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
    )
}
