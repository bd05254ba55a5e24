//! The codec of a body, by its content type.

use super::{AnyCodec, unsupported::UnsupportedMedia};

/// The codec of a body; `others` are those that came later than this crate's, and come first. Foreign programs often say nothing of
/// their content type: what they send is JSON.
///
/// # Errors
/// When no codec reads it.
pub(crate) fn spoken(content_type: Option<&str>, others: &[AnyCodec]) -> Result<AnyCodec, UnsupportedMedia> {
    let Some(content_type) = content_type else { return Ok(AnyCodec::JSON) };
    // As nearly all of them are, to the letter.
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
        spoken(Some(content_type), &[]).ok().map(|codec| codec.content_type())
    }

    #[test]
    fn a_body_without_content_type_is_json() {
        assert_eq!(spoken(None, &[]).unwrap().content_type(), "application/json");
        for content_type in [
            "",
            ";",
            "application/json; charset=utf-8",
            "Application/JSON",
            "text/json",
            "application/vnd.x+json",
        ] {
            assert_eq!(codec(content_type), Some("application/json"), "{content_type:?}");
        }
        for content_type in
            ["application/octet-stream", "text/plain", "application/jsonx", "application/x-python-serialize"]
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
    fn a_content_type_that_nobody_reads_is_told_what_is_read() {
        let told = spoken(Some("application/xml"), &[]).unwrap_err().to_string();
        assert!(
            told.starts_with(r#"content type "application/xml" is not spoken here; send application/json"#),
            "{told}"
        );
        assert_eq!(told.contains("application/cbor"), cfg!(feature = "cbor"), "{told}");
    }
}
