//! The futures that users hold: calls with a contract, of which one-way messages are a kind, and untyped
//! calls.

mod call;
mod idempotency_key;
mod keyed_call;
mod typed;
mod unsent;
mod untyped;
mod untyped_body;
mod untyped_message;
mod untyped_request;

pub use call::Call;
pub use typed::TypedClient;
pub use untyped::UntypedCall;
pub use untyped_body::UntypedBody;
pub use untyped_message::UntypedMessage;
