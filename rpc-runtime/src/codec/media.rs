//! The codec of a body, by its content type.

use super::{AnyCodec, unsupported::UnsupportedMedia};

/// The codec that reads bodies of a content type. `others` come before the codecs of this crate, if they are
/// custom.
///
/// A body without content type is read as JSON, because foreign programs often leave the property out; so is
/// one whose content type says nothing.
///
/// # Errors
/// When no codec reads the content type.
pub(crate) fn for_content_type(
    content_type: Option<&str>,
    others: &[AnyCodec],
) -> Result<AnyCodec, UnsupportedMedia> {
    let Some(content_type) = content_type else { return Ok(AnyCodec::JSON) };
    // The usual case.
    if content_type == AnyCodec::JSON.content_type() && !others.iter().any(AnyCodec::is_custom) {
        return Ok(AnyCodec::JSON);
    }
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.is_empty() {
        return Ok(AnyCodec::JSON);
    }
    let custom = others.iter().filter(|codec| codec.is_custom());
    let mut codecs = custom.chain(AnyCodec::BUILT_IN);
    codecs.find(|codec| codec.reads(media_type)).cloned().ok_or_else(|| unsupported(content_type, others))
}

#[cold]
fn unsupported(content_type: &str, others: &[AnyCodec]) -> UnsupportedMedia {
    let custom = others.iter().filter(|codec| codec.is_custom());
    let names: Vec<_> = AnyCodec::BUILT_IN.iter().chain(custom).map(AnyCodec::content_type).collect();
    UnsupportedMedia::content_type(content_type, &names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec(content_type: &str) -> Option<&'static str> {
        for_content_type(Some(content_type), &[]).ok().map(|codec| codec.content_type())
    }

    #[test]
    fn a_body_without_content_type_is_json() {
        assert_eq!(for_content_type(None, &[]).unwrap().content_type(), "application/json");
        for content_type in [
            "",
            ";",
            "application/json; charset=utf-8",
            "Application/JSON",
            "text/json",
            "text/plain",
            "Text/Plain; charset=utf-8",
            "application/octet-stream",
            "application/vnd.x+json",
        ] {
            assert_eq!(codec(content_type), Some("application/json"), "{content_type:?}");
        }
        for content_type in ["text/html", "image/png", "application/jsonx", "application/x-python-serialize"]
        {
            assert_eq!(codec(content_type), None, "{content_type}");
        }
    }

    #[test]
    #[cfg(all(feature = "msgpack", feature = "cbor"))]
    fn the_content_type_names_the_codec() {
        for content_type in [
            "application/msgpack",
            "application/x-msgpack",
            "application/vnd.msgpack; x=1",
            "APPLICATION/MSGPACK",
        ] {
            assert_eq!(codec(content_type), Some("application/msgpack"), "{content_type}");
        }
        for content_type in ["application/cbor", "application/vnd.x+cbor"] {
            assert_eq!(codec(content_type), Some("application/cbor"), "{content_type}");
        }
    }

    #[test]
    fn an_unsupported_content_type_is_refused_with_a_list_of_supported_ones() {
        let text = for_content_type(Some("application/xml"), &[]).unwrap_err().to_string();
        assert!(
            text.starts_with(r#"content type "application/xml" is not supported; send application/json"#),
            "{text}"
        );
        assert_eq!(text.contains("application/cbor"), cfg!(feature = "cbor"), "{text}");
    }
}
