//! What an error of TLS means for whoever set it up.

use std::io;

use rustls::{AlertDescription as Alert, CertificateError, Error};

use crate::{
    error::{BrokerError, CertificateProblem, ConnectError},
    transport::socket::Unheard,
};

/// What TLS says of `error`, or `None` when it is none of TLS.
///
/// Our certificate is refused only after the handshake, as far as we are concerned: the broker looks at it last, and what it says
/// arrives with the first read.
pub(crate) fn explain(error: &io::Error, endpoint: &str) -> Option<ConnectError> {
    let (inner, endpoint) = (error.get_ref()?, endpoint.to_owned());
    let source = || BrokerError::new(None, inner.to_string());
    if inner.is::<Unheard>() {
        return Some(ConnectError::TlsHandshake { endpoint, source: source() });
    }
    let error = inner.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidCertificate(refused) => {
            ConnectError::CertificateRefused { endpoint, problem: problem(refused) }
        }
        // Whoever answers in another protocol begins with something that TLS has no name for.
        Error::InvalidMessage(_) => ConnectError::NotTls { endpoint },
        Error::AlertReceived(alert) if is_of_our_certificate(*alert) => {
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

fn is_of_our_certificate(alert: Alert) -> bool {
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
