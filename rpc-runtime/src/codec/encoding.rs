//! The content encodings: how a body is compressed and inflated.

use std::{borrow::Cow, io::Read};

use bytes::Bytes;

use super::unsupported::UnsupportedMedia;
#[cfg(feature = "zstd")]
use super::zstd_window::{MAX_WINDOW, window};

/// The content encoding of a compressed body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// `gzip`, which nearly every program reads.
    #[cfg(feature = "gzip")]
    Gzip,
    /// `zstd`, which is faster than gzip at the same size.
    #[cfg(feature = "zstd")]
    Zstd,
}

/// What a content encoding says of bodies that are not compressed: nothing, the character set (Spring, kombu
/// and with it Celery and nameko, rabbot), or a transfer encoding of mail that changes no byte. The bytes are
/// those of the codec all the same: JSON that is not UTF-8 does not decode.
const PLAIN: [&str; 9] = ["", "utf-8", "identity", "utf8", "binary", "us-ascii", "ascii", "7bit", "8bit"];

/// A compressed body that cannot be inflated.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InflateError {
    #[error("the body does not match its content encoding")]
    Malformed,
    #[error("the body has more than {0} bytes once it is inflated, which is the limit")]
    TooLarge(usize),
}

impl Encoding {
    /// The encodings that are compiled in, the preferred one first.
    const ALL: &[Self] = &[
        #[cfg(feature = "zstd")]
        Self::Zstd,
        #[cfg(feature = "gzip")]
        Self::Gzip,
    ];

    /// The name in the property `content_encoding`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => "gzip",
            #[cfg(feature = "zstd")]
            Self::Zstd => "zstd",
        }
    }

    /// The encoding of a body with this property `content_encoding`; `None` for a body that is not
    /// compressed.
    ///
    /// Foreign programs often leave the property out, or say there what is no compression ([`PLAIN`]).
    pub(crate) fn of(content_encoding: Option<&str>) -> Result<Option<Self>, UnsupportedMedia> {
        let Some(name) = content_encoding else { return Ok(None) };
        if PLAIN.iter().any(|plain| name.eq_ignore_ascii_case(plain)) {
            return Ok(None);
        }
        let known = Self::ALL.iter().find(|encoding| encoding.name().eq_ignore_ascii_case(name));
        known.map_or_else(|| Err(UnsupportedMedia::encoding(name)), |encoding| Ok(Some(*encoding)))
    }

    /// `preferred`, if the peer lists it in its header `accept-encoding`, such as `zstd, gzip`.
    pub(crate) fn accepted(accept_encoding: &str, preferred: Self) -> Option<Self> {
        let mut accepted =
            accept_encoding.split(',').map(|name| name.split(';').next().unwrap_or_default().trim());
        accepted.any(|name| name.eq_ignore_ascii_case(preferred.name())).then_some(preferred)
    }

    /// The value of the header `accept-encoding`: the encodings that are compiled in.
    pub(crate) fn all_names() -> Cow<'static, str> {
        match Self::ALL {
            [one] => one.name().into(),
            all => all.iter().map(|encoding| encoding.name()).collect::<Vec<_>>().join(", ").into(),
        }
    }

    #[cfg_attr(
        not(any(feature = "gzip", feature = "zstd")),
        expect(unused_variables, reason = "there is no encoding")
    )]
    pub(super) fn compress(self, body: &[u8]) -> Vec<u8> {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => {
                let mut compressed = Vec::with_capacity(body.len() / 2);
                let mut encoder = flate2::read::GzEncoder::new(body, flate2::Compression::fast());
                encoder.read_to_end(&mut compressed).expect("reading from memory does not fail");
                compressed
            }
            #[cfg(feature = "zstd")]
            Self::Zstd => {
                ruzstd::encoding::compress_to_vec(body, ruzstd::encoding::CompressionLevel::Fastest)
            }
        }
    }

    /// The inflated body, of at most `limit` bytes. Allocates at most twice that, and a window.
    #[cfg_attr(
        not(any(feature = "gzip", feature = "zstd")),
        expect(unused_variables, reason = "there is no encoding")
    )]
    pub(crate) fn inflate(self, body: &[u8], limit: usize) -> Result<Bytes, InflateError> {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => read_within(flate2::read::MultiGzDecoder::new(body), limit),
            #[cfg(feature = "zstd")]
            Self::Zstd => {
                // The decoder allocates the window before it reads anything.
                if window(body).is_none_or(|window| window > (limit as u64).max(MAX_WINDOW)) {
                    return Err(InflateError::Malformed);
                }
                let decoder =
                    ruzstd::decoding::StreamingDecoder::new(body).map_err(|_| InflateError::Malformed)?;
                read_within(decoder, limit)
            }
        }
    }
}

#[cfg_attr(not(any(feature = "gzip", feature = "zstd")), expect(dead_code, reason = "nothing is inflated"))]
fn read_within(reader: impl Read, limit: usize) -> Result<Bytes, InflateError> {
    let mut inflated = Vec::new();
    // One byte more than the limit, to see whether the body is larger.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(most).read_to_end(&mut inflated).map_err(|_| InflateError::Malformed)?;
    if inflated.len() > limit { Err(InflateError::TooLarge(limit)) } else { Ok(inflated.into()) }
}

#[cfg(all(test, feature = "gzip", feature = "zstd"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOTH: [Encoding; 2] = [Encoding::Gzip, Encoding::Zstd];

    #[test]
    fn a_bomb_inflates_to_no_more_than_the_limit() {
        let zeros = vec![0; 64 * 1024 * 1024];
        for encoding in BOTH {
            let bomb = encoding.compress(&zeros);
            assert!(bomb.len() < zeros.len() / 100, "{encoding:?}: {}", bomb.len());
            assert_eq!(encoding.inflate(&bomb, 1024), Err(InflateError::TooLarge(1024)), "{encoding:?}");
            assert_eq!(encoding.inflate(&bomb, zeros.len()).map(|body| body.len()), Ok(zeros.len()));
        }
    }

    #[test]
    fn a_window_that_is_larger_than_the_limit_is_not_allocated() {
        // A window of 2 GiB and no block.
        let hostile = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 0x01, 0x00, 0x00];
        assert_eq!(window(&hostile), Some(1 << 31));
        assert_eq!(Encoding::Zstd.inflate(&hostile, 16 * 1024 * 1024), Err(InflateError::Malformed));
    }

    #[test]
    fn a_truncated_body_is_malformed() {
        for encoding in BOTH {
            let whole = encoding.compress(&b"a body of some length, to be cut".repeat(50));
            for length in [0, 1, 4, 8, whole.len() / 2, whole.len() - 1] {
                let cut = encoding.inflate(&whole[..length], 10_000);
                assert_eq!(cut, Err(InflateError::Malformed), "{encoding:?} {length} of {}", whole.len());
            }
        }
    }

    #[test]
    fn what_names_no_compression_is_none() {
        for plain in PLAIN.into_iter().chain(["UTF-8", "Binary", "US-ASCII"]) {
            assert_eq!(Encoding::of(Some(plain)).unwrap(), None, "{plain}");
        }
        for other in ["base64", "quoted-printable", "utf-16", "latin1", "deflate", "br", "gzip, zstd", " "] {
            assert!(Encoding::of(Some(other)).is_err(), "{other}");
        }
        assert_eq!(Encoding::of(Some("GZip")).unwrap(), Some(Encoding::Gzip));
    }

    #[test]
    fn accept_encoding_is_a_list() {
        for (list, accepted) in [("gzip", true), ("zstd, GZIP;q=0.5", true), ("zstd", false), ("", false)] {
            assert_eq!(Encoding::accepted(list, Encoding::Gzip).is_some(), accepted, "{list}");
        }
        assert_eq!(Encoding::all_names(), "zstd, gzip");
    }

    proptest! {
        #[test]
        fn a_compressed_body_is_inflated(body: Vec<u8>) {
            for encoding in BOTH {
                let compressed = encoding.compress(&body);
                prop_assert_eq!(encoding.inflate(&compressed, body.len()).unwrap(), body.clone());
            }
        }

        #[test]
        fn arbitrary_bodies_never_panic(body: Vec<u8>, with_magic: bool) {
            let mut zstd = vec![0x28, 0xB5, 0x2F, 0xFD];
            zstd.extend(&body);
            let _ = Encoding::Zstd.inflate(if with_magic { &zstd } else { &body }, 4096);
            let _ = Encoding::Gzip.inflate(&body, 4096);
        }
    }
}
