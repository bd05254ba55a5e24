//! Which bodies are compressed.

use bytes::Bytes;

use super::Encoding;

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

#[cfg(all(test, feature = "gzip"))]
mod tests {
    use super::*;

    #[test]
    fn small_bodies_and_those_that_do_not_shrink_travel_as_they_are() {
        let compression = Compression::new(Encoding::Gzip).min_bytes(10);
        assert_eq!(compression.apply(Bytes::from_static(b"aaaaaaaaa")).1, None);
        assert_eq!(compression.apply(Bytes::from_static(b"a0b1c2d3e4")).1, None);
        assert_eq!(compression.apply(Bytes::from(vec![b'a'; 1000])).1, Some(Encoding::Gzip));
    }
}
