//! The compression policy of a client or a server.

use bytes::Bytes;

use super::Encoding;

/// Compresses bodies from a size on, with one encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compression {
    encoding: Encoding,
    min_bytes: usize,
}

impl Compression {
    /// Compresses bodies of 1 KiB and more. Smaller ones gain little.
    #[must_use]
    pub const fn new(encoding: Encoding) -> Self {
        Self { encoding, min_bytes: 1024 }
    }

    /// Compresses bodies of this size and more. A body that does not become smaller is sent uncompressed.
    #[must_use]
    pub const fn min_bytes(mut self, bytes: usize) -> Self {
        self.min_bytes = bytes;
        self
    }

    pub(crate) fn encoding(self) -> Encoding {
        self.encoding
    }

    /// The body as it travels, and its encoding if it is compressed.
    pub(crate) fn apply(self, body: Bytes) -> (Bytes, Option<Encoding>) {
        if body.len() < self.min_bytes {
            return (body, None);
        }
        let compressed = self.encoding.compress(&body);
        if compressed.len() < body.len() { (compressed.into(), Some(self.encoding)) } else { (body, None) }
    }
}

#[cfg(all(test, feature = "gzip"))]
mod tests {
    use super::*;

    #[test]
    fn small_bodies_and_those_that_do_not_shrink_are_not_compressed() {
        let compression = Compression::new(Encoding::Gzip).min_bytes(10);
        assert_eq!(compression.apply(Bytes::from_static(b"aaaaaaaaa")).1, None);
        assert_eq!(compression.apply(Bytes::from_static(b"a0b1c2d3e4")).1, None);
        assert_eq!(compression.apply(Bytes::from(vec![b'a'; 1000])).1, Some(Encoding::Gzip));
    }
}
