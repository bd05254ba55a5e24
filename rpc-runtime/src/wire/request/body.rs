//! Encoding the body of a request.

use bytes::Bytes;

use crate::{
    codec::{AnyCodec, CodecError, RAW},
    contract::Request,
};

/// Encodes a request; returns the body and its content type.
///
/// # Errors
/// When the codec cannot write the values.
pub(crate) fn body_of<R: Request>(
    request: &R,
    codec: &AnyCodec,
) -> Result<(Bytes, &'static str), CodecError> {
    match request.to_raw() {
        Some(body) => Ok((body, RAW)),
        None => Ok((codec.encode(request)?, codec.content_type())),
    }
}
