//! The JSON of a request that is to be sent.

use amqp_rpc_runtime::dialect::{OutgoingRequest, Unsupported};
use serde_json::value::RawValue;

use super::is_json;

/// The JSON body of a request to a peer of this framework.
///
/// # Errors
/// When it is not JSON: the peer would wait for what it can read, or run it again without end.
pub(crate) fn body_of<'a>(request: &OutgoingRequest<'a>, framework: &str) -> Result<&'a str, Unsupported> {
    let (name, body) = (request.name, request.body);
    if !is_json(Some(request.content_type)) {
        let content_type = request.content_type;
        let why = format!("`{name}` is sent as {content_type}, and {framework} reads JSON alone");
        return Err(Unsupported::new(why));
    }
    // What a codec has written is JSON; the bytes of an untyped call may be anything.
    let is_untyped = request.method.full_name.is_empty();
    let json = std::str::from_utf8(body).ok();
    let json = json.filter(|json| !is_untyped || serde_json::from_str::<&RawValue>(json).is_ok());
    json.ok_or_else(|| {
        Unsupported::new(format!("the body of `{name}` is not JSON, as its content type says"))
    })
}
