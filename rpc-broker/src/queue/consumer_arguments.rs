pub(crate) fn parse(_: &amq_protocol::types::FieldTable, _: &str, _: &str) -> Result<i64, String> {
    Ok(0)
}
