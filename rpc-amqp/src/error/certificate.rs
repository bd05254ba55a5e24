//! The reasons to refuse a broker's certificate, with texts that say what to do.

use std::fmt;

/// The reason why the broker's certificate was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// No trusted certificate authority has issued it.
    UnknownIssuer,
    /// It was issued for other names. Holds those names, as far as they are known.
    WrongName(Vec<String>),
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotValidYet,
    /// Any other reason, as text.
    Other(String),
}

impl fmt::Display for CertificateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownIssuer => f.write_str(
                "no trusted certificate authority has issued it; trust its authority (`Tls::ca_file`), or let the broker send the intermediate certificates",
            ),
            Self::WrongName(names) => {
                f.write_str("it is not valid for this host")?;
                if !names.is_empty() {
                    write!(f, ", but for {}", names.join(", "))?;
                }
                f.write_str("; use a host in the URI that it names, or set the name with `Tls::server_name`")
            }
            Self::Expired => f.write_str("it has expired; renew it at the broker, and check this machine's clock"),
            Self::NotValidYet => f.write_str("it is not valid yet; check the clocks of this machine and of its issuer"),
            Self::Other(text) => f.write_str(text),
        }
    }
}
