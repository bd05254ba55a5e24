//! W3C Trace Context: the header `traceparent`.

/// The header that carries the trace of a call.
pub(crate) const TRACEPARENT: &str = "traceparent";

/// The trace id, the parent's span id and the flags of a valid header. Of a later version, the known part.
pub(crate) fn read(header: &str) -> Option<[&str; 3]> {
    let mut parts = header.split('-');
    let version = parts.next()?;
    let known @ [trace, parent, flags] = [parts.next()?, parts.next()?, parts.next()?];
    let is_hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_id = |text: &str, length| is_hex(text, length) && text.bytes().any(|byte| byte != b'0');
    let is_valid = is_hex(version, 2)
        && version != "ff"
        && (version != "00" || parts.next().is_none())
        && is_id(trace, 32)
        && is_id(parent, 16)
        && is_hex(flags, 2);
    is_valid.then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const PARENT: &str = "b7ad6b7169203331";

    #[test]
    fn a_header_that_breaks_a_rule_is_none() {
        for header in [
            String::new(),
            "00".into(),
            format!("00-{TRACE}-{PARENT}"),
            format!("ff-{TRACE}-{PARENT}-00"),
            format!("00-{TRACE}-{PARENT}-00-more"),
            format!("00-{}-{PARENT}-00", "0".repeat(32)),
            format!("00-{TRACE}-{}-00", "0".repeat(16)),
            format!("00-{}-{PARENT}-00", TRACE.to_uppercase()),
            format!("00-é{TRACE}-{PARENT}-00"),
        ] {
            assert_eq!(read(&header), None, "{header}");
        }
        assert_eq!(read(&format!("00-{TRACE}-{PARENT}-01")), Some([TRACE, PARENT, "01"]));
        assert!(read(&format!("01-{TRACE}-{PARENT}-00-more")).is_some(), "a later version");
    }
}
