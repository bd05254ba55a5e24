//! What a rule does to what it fits.

use std::time::Duration;

/// What happens to a method on the wire.
///
/// A request of a client is disturbed before the broker sees it, and a method for a client just before it is written. A method
/// with content (publish, deliver, return, get-ok) is one thing with its content.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Nothing: the rule only counts, so that a test can wait for what it fits.
    Pass,
    /// It is lost. The other side never hears of it. A publish in confirm mode takes its number with it: the broker's later confirms are one
    /// behind the client's count, which no network does. There, [`Nack`](Self::Nack) or withheld confirms say what is meant.
    Drop,
    /// It comes later, and all that is behind it on this connection in this direction with it, as on a slow network. Other
    /// connections are not slower.
    Delay(Duration),
    /// It comes twice.
    Duplicate,
    /// It changes places with the next one on this connection in this direction; until that comes, it waits.
    Reorder,
    /// This direction of the connection is silent, beginning with this one, until the rule is removed; then everything comes, in
    /// order. The way to hold a broker at a point for as long as a test wants. A connection that is closed or reset while it hears
    /// nothing ends when it hears again; a client that is not heard misses its heartbeats, if it has any.
    Stall,
    /// It is lost and its channel closed with this reply code and text; on channel 0, the connection.
    CloseChannel(u16, String),
    /// It is lost and the connection closed with this reply code and text.
    CloseConnection(u16, String),
    /// It is lost and the connection reset without a word.
    Reset,
    /// It takes effect, then the connection breaks without a word: the crash point. A request was handled, and nothing that the client
    /// sent behind it is; the connection is reset. A method for the client was written, and nothing behind it, and nothing that the
    /// client says to it is heard; the client reads the end of the stream, as when a broker's process dies.
    BreakAfter,
    /// The client gets only this many bytes of its frames, then the end of the stream. A request of a client is lost, as with
    /// [`Reset`](Self::Reset).
    Truncate(usize),
    /// A publish is refused: nobody gets the message, and a channel in confirm mode is told `basic.nack`. Anything else passes.
    Nack,
    /// The client gets these bytes before it: for a request, before the request is handled.
    InjectBefore(Vec<u8>),
    /// The client gets these bytes after it: for a request, after the request was handled.
    InjectAfter(Vec<u8>),
}
