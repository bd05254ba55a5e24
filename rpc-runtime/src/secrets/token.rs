//! Fernet tokens: encrypted with the first key, decrypted with any, and their age.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE};
use fernet::Fernet;
use zeroize::Zeroizing;

/// Why a token was not decrypted, or not made. It quotes nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidToken {
    /// It is no Fernet token, it was changed, none of the keys is the one it was encrypted with, or it is from
    /// more than 60 seconds in the future.
    Unreadable,
    /// It is older than [`Keyring::ttl`](super::Keyring::ttl).
    Expired,
    /// It was decrypted, but is not a text.
    NotText,
    /// It was decrypted, but is bound to a method: a [`Secret`](crate::Secret) of the contract, or of a type that
    /// [`IncomingCall::json`](crate::middleware::IncomingCall::json) reads, has its value.
    Bound,
    /// A text was not encrypted, since it begins as a bound token does, and would be read as one.
    LikeBound,
    /// A text was not encrypted, since the keyring has no keys.
    NoKey,
}

impl InvalidToken {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Unreadable => {
                "a secret is not encrypted with any of the keys of this keyring, or is from the future"
            }
            Self::Expired => "a secret has expired",
            Self::NotText => "a secret is not a text",
            Self::Bound => "a secret is bound to a method",
            Self::LikeBound => "a secret begins as the label of a bound token does",
            Self::NoKey => "the keyring has no key",
        }
    }
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for InvalidToken {}

/// Decrypts a token with the first key that it is of.
///
/// fernet's `MultiFernet` knows no time to live, and its `decrypt_with_ttl` adds to the time in the token before it
/// has authenticated it, which overflows. So the age is checked here, after the token is known to be genuine.
///
/// # Errors
/// When no key decrypts it, or it is older than `ttl`.
pub(super) fn decrypt(
    keys: &[Fernet],
    token: &str,
    ttl: Option<Duration>,
) -> Result<Zeroizing<Vec<u8>>, InvalidToken> {
    let decrypted = keys.iter().find_map(|key| key.decrypt(token).ok()).ok_or(InvalidToken::Unreadable)?;
    let decrypted = Zeroizing::new(decrypted);
    let Some(ttl) = ttl else { return Ok(decrypted) };
    let written_at = written_at(token).ok_or(InvalidToken::Unreadable)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    if is_older(now.saturating_sub(written_at), ttl) {
        return Err(InvalidToken::Expired);
    }
    Ok(decrypted)
}

/// As in Python, a token is valid in the second in which it becomes as old as this. A part of a second is rounded
/// up, since the time in a token has none.
fn is_older(seconds: u64, ttl: Duration) -> bool {
    seconds > ttl.as_secs().saturating_add(u64::from(ttl.subsec_nanos() > 0))
}

/// The time in a token: eight bytes after the version, in seconds since 1970.
fn written_at(token: &str) -> Option<u64> {
    let beginning = URL_SAFE.decode(token.get(..12)?).ok()?;
    Some(u64::from_be_bytes(beginning.get(1..9)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_second_is_rounded_up() {
        for (ttl, seconds) in [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (60_000, 60)] {
            let ttl = Duration::from_millis(ttl);
            assert!(!is_older(seconds, ttl) && is_older(seconds + 1, ttl), "{ttl:?}");
        }
        assert!(!is_older(u64::MAX, Duration::MAX));
    }
}
