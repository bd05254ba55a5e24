//! Bodies that are compressed, as their content encoding says.

use std::{borrow::Cow, io::Read};

use bytes::Bytes;

use super::NotSpoken;

/// How bodies are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// `gzip`, which everybody reads.
    #[cfg(feature = "gzip")]
    Gzip,
    /// `zstd`, which takes less time for the same.
    #[cfg(feature = "zstd")]
    Zstd,
}

/// Which bodies are compressed: those of an encoding, from a size on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compression {
    encoding: Encoding,
    min_bytes: usize,
}

impl Compression {
    /// Bodies of 1 KiB and more, of which smaller ones gain little.
    #[must_use]
    pub const fn new(encoding: Encoding) -> Self {
        Self { encoding, min_bytes: 1024 }
    }

    /// Bodies of this size and more. One that does not become smaller travels as it is.
    #[must_use]
    pub const fn min_bytes(mut self, bytes: usize) -> Self {
        self.min_bytes = bytes;
        self
    }

    pub(crate) fn encoding(self) -> Encoding {
        self.encoding
    }

    /// The body as it travels, and its encoding where it has one.
    pub(crate) fn apply(self, body: Bytes) -> (Bytes, Option<Encoding>) {
        if body.len() < self.min_bytes {
            return (body, None);
        }
        let compressed = self.encoding.compress(&body);
        if compressed.len() < body.len() { (compressed.into(), Some(self.encoding)) } else { (body, None) }
    }
}

/// Why a compressed body could not be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Uninflatable {
    #[error("the body is not what its content encoding says")]
    Malformed,
    #[error("the body has more than {0} bytes once it is inflated, which is the limit")]
    TooLarge(usize),
}

impl Encoding {
    /// Those that are compiled in.
    const ALL: &[Self] = &[
        #[cfg(feature = "zstd")]
        Self::Zstd,
        #[cfg(feature = "gzip")]
        Self::Gzip,
    ];

    /// As the property `content_encoding` has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => "gzip",
            #[cfg(feature = "zstd")]
            Self::Zstd => "zstd",
        }
    }

    /// That of a body with this content encoding; `None` for one that is as it is.
    ///
    /// Foreign programs often say nothing of it, and kombu (nameko, Celery) names the character set as the encoding.
    pub(crate) fn of(content_encoding: Option<&str>) -> Result<Option<Self>, NotSpoken> {
        let Some(name) = content_encoding else { return Ok(None) };
        if ["", "identity", "utf-8"].iter().any(|plain| name.eq_ignore_ascii_case(plain)) {
            return Ok(None);
        }
        let known = Self::ALL.iter().find(|encoding| encoding.name().eq_ignore_ascii_case(name));
        known.map_or_else(|| Err(NotSpoken::encoding(name)), |encoding| Ok(Some(*encoding)))
    }

    /// The best of those that a peer says it reads, as `accept-encoding` lists them, such as `zstd, gzip`.
    pub(crate) fn accepted(accept_encoding: &str, preferred: Self) -> Option<Self> {
        let mut accepted =
            accept_encoding.split(',').map(|name| name.split(';').next().unwrap_or_default().trim());
        accepted.any(|name| name.eq_ignore_ascii_case(preferred.name())).then_some(preferred)
    }

    /// What `accept-encoding` says: all that are compiled in.
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
    fn compress(self, body: &[u8]) -> Vec<u8> {
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

    /// The body as it was, of at most `limit` bytes: never more is allocated than twice that and a window.
    #[cfg_attr(
        not(any(feature = "gzip", feature = "zstd")),
        expect(unused_variables, reason = "there is no encoding")
    )]
    pub(crate) fn inflate(self, body: &[u8], limit: usize) -> Result<Bytes, Uninflatable> {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => read_within(flate2::read::MultiGzDecoder::new(body), limit),
            #[cfg(feature = "zstd")]
            Self::Zstd => {
                // Room for the window is made before anything is read.
                if window(body).is_none_or(|window| window > (limit as u64).max(MOST_WINDOW)) {
                    return Err(Uninflatable::Malformed);
                }
                let decoder =
                    ruzstd::decoding::StreamingDecoder::new(body).map_err(|_| Uninflatable::Malformed)?;
                read_within(decoder, limit)
            }
        }
    }
}

/// What the usual levels of zstd use at most.
#[cfg(feature = "zstd")]
const MOST_WINDOW: u64 = 8 * 1024 * 1024;

/// The window that a frame asks for: RFC 8878, 3.1.1.1. `None` when there is no frame.
#[cfg(feature = "zstd")]
fn window(body: &[u8]) -> Option<u64> {
    const MAGIC: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();
    let rest = body.strip_prefix(&MAGIC)?;
    let (descriptor, rest) = rest.split_first()?;
    let is_single_segment = descriptor & 0x20 != 0;
    if !is_single_segment {
        let window = *rest.first()?;
        let base = 1_u64 << (10 + (window >> 3));
        return Some(base + base / 8 * u64::from(window & 7));
    }
    let dictionary_id = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size_bytes = [1, 2, 4, 8][usize::from(descriptor >> 6)];
    let size = rest.get(dictionary_id..dictionary_id + size_bytes)?;
    let size = size.iter().rev().fold(0_u64, |size, byte| size << 8 | u64::from(*byte));
    Some(if size_bytes == 2 { size + 256 } else { size })
}

#[cfg_attr(not(any(feature = "gzip", feature = "zstd")), expect(dead_code, reason = "nothing is inflated"))]
fn read_within(reader: impl Read, limit: usize) -> Result<Bytes, Uninflatable> {
    let mut inflated = Vec::new();
    // One more than the limit tells that there is more.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(most).read_to_end(&mut inflated).map_err(|_| Uninflatable::Malformed)?;
    if inflated.len() > limit { Err(Uninflatable::TooLarge(limit)) } else { Ok(inflated.into()) }
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
            assert_eq!(encoding.inflate(&bomb, 1024), Err(Uninflatable::TooLarge(1024)), "{encoding:?}");
            assert_eq!(encoding.inflate(&bomb, zeros.len()).map(|body| body.len()), Ok(zeros.len()));
        }
    }

    #[test]
    fn a_window_that_is_larger_than_the_limit_is_not_made() {
        // A window of 2 GiB and no block.
        let hostile = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 0x01, 0x00, 0x00];
        assert_eq!(window(&hostile), Some(1 << 31));
        assert_eq!(Encoding::Zstd.inflate(&hostile, 16 * 1024 * 1024), Err(Uninflatable::Malformed));
    }

    #[test]
    fn what_breaks_off_is_malformed() {
        for encoding in BOTH {
            let whole = encoding.compress(&b"a body of some length, to be cut".repeat(50));
            for length in [0, 1, 4, 8, whole.len() / 2, whole.len() - 1] {
                let cut = encoding.inflate(&whole[..length], 10_000);
                assert_eq!(cut, Err(Uninflatable::Malformed), "{encoding:?} {length} of {}", whole.len());
            }
        }
    }

    #[test]
    fn small_bodies_and_those_that_do_not_shrink_travel_as_they_are() {
        let compression = Compression::new(Encoding::Gzip).min_bytes(10);
        assert_eq!(compression.apply(Bytes::from_static(b"aaaaaaaaa")).1, None);
        assert_eq!(compression.apply(Bytes::from_static(b"a0b1c2d3e4")).1, None);
        assert_eq!(compression.apply(Bytes::from(vec![b'a'; 1000])).1, Some(Encoding::Gzip));
    }

    #[test]
    fn what_a_peer_reads_is_a_list() {
        for (list, accepted) in [("gzip", true), ("zstd, GZIP;q=0.5", true), ("zstd", false), ("", false)] {
            assert_eq!(Encoding::accepted(list, Encoding::Gzip).is_some(), accepted, "{list}");
        }
        assert_eq!(Encoding::all_names(), "zstd, gzip");
    }

    proptest! {
        #[test]
        fn what_is_compressed_is_read(body: Vec<u8>) {
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
