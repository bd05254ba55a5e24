//! Why a broker's certificate is refused, and what to do about it.

use std::fmt;

/// What is wrong with the certificate that a broker shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// No certificate authority that is trusted has issued it.
    UnknownIssuer,
    /// It is somebody else's: these are the names it is valid for, as far as they are known.
    WrongName(Vec<String>),
    /// It is no longer valid.
    Expired,
    /// It is not valid yet.
    NotValidYet,
    /// Anything else; the text says what.
    Other(String),
}

impl fmt::Display for CertificateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownIssuer => f.write_str(
                "nobody who is trusted has issued it; give the certificate of its authority (`Tls::ca_file`), or have the broker send the certificates in between",
            ),
            Self::WrongName(names) => {
                f.write_str("it is not for this host")?;
                if !names.is_empty() {
                    write!(f, " but for {}", names.join(", "))?;
                }
                f.write_str("; write a host into the URI that it names, or say the name by `Tls::server_name`")
            }
            Self::Expired => f.write_str("it has expired; renew it at the broker, and check this machine's clock"),
            Self::NotValidYet => f.write_str("it is not valid yet; check the clocks of this machine and of who issued it"),
            Self::Other(why) => f.write_str(why),
        }
    }
}
