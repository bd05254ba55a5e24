pub(crate) fn parse(p: &crate::properties::Properties) -> Result<Option<std::time::Duration>, String> {
    Ok(p.expiration()
        .and_then(|e| std::str::from_utf8(e).ok()?.parse().ok())
        .map(std::time::Duration::from_millis))
}
