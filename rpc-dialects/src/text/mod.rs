//! Bodies of bare text: a value, or values with a separator between them.

mod deserialize;
mod error;
mod serialize;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use amqp_rpc_runtime::codec::{Codec, CodecError, Decoding, Encodable};

/// The codec of bare text, content type `text/plain`: `30`, `2,40`, `hello`.
///
/// Programs that speak AMQP by hand often send values so. The dialect [`Tutorial`](crate::Tutorial) has this codec; give it
/// to a dialect of your own by [`ClientDialect::codec`](amqp_rpc_runtime::dialect::ClientDialect::codec) and
/// [`ServerDialect::codecs`](amqp_rpc_runtime::dialect::ServerDialect::codecs), or to `Server::codec` and
/// `ClientBuilder::codec`.
///
/// | Rust | text |
/// |---|---|
/// | integer, float, `bool`, `char`, text, bytes | the value: `30`, `1.5`, `true`; white space around numbers is ignored, and `True` is read as well |
/// | struct, tuple, sequence, parameters of a method | the values in their order, with the separator between them: `2,40` |
/// | struct or tuple of one value, method with one parameter, newtype | that value alone, which may contain the separator |
/// | `Option` | an empty text is `None`, and a field that serde skips is an empty text |
/// | `()`, method without parameters | empty; `None`, `null` and `nil` are read as well |
/// | enum without data | the name of the variant |
///
/// What cannot be read back is refused when it is written: maps, enums with data, values in values (unless only one is
/// there), a text with the separator in it where there are more values, and an empty text in an `Option` or as the only
/// element of a sequence. The number of values must be that of the type: parameters cannot be added later.
///
/// A JSON value of an untyped call is read as a number if it looks like one, and else as a text.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// # extern crate amqp_rpc_dialects as dialects;
/// use amqp_rpc::Client;
/// use dialects::Text;
///
/// let builder = Client::builder().codec(Text::new().separated_by(";"));
/// # let _ = builder;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    separator: Cow<'static, str>,
}

/// Its content type.
const TEXT: &str = "text/plain";

impl Default for Text {
    fn default() -> Self {
        Self::new()
    }
}

impl Text {
    /// The codec with a comma as the separator.
    #[must_use]
    pub fn new() -> Self {
        Self { separator: Cow::Borrowed(",") }
    }

    /// Puts this text between values. With an empty one a body has one value, and more are refused.
    #[must_use]
    pub fn separated_by(mut self, separator: impl Into<Cow<'static, str>>) -> Self {
        self.separator = separator.into();
        self
    }

    fn separator(&self) -> Option<&str> {
        Some(&*self.separator).filter(|separator| !separator.is_empty())
    }
}

impl Codec for Text {
    fn content_type(&self) -> &'static str {
        TEXT
    }

    fn encode(&self, value: Encodable<'_>) -> Result<Vec<u8>, CodecError> {
        Ok(serialize::to_text(&value, self.separator())?)
    }

    fn decode(&self, body: &[u8], value: Decoding<'_>) -> Result<(), CodecError> {
        Ok(value.read(deserialize::Deserializer::new(body, self.separator()))?)
    }
}
