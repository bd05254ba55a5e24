//! AMQP's reply codes, as far as a rule depends on one (AMQP 0-9-1 specification, section 1.3).

/// The message could not be returned in time, or a queue refused it.
pub const NO_ROUTE: u16 = 312;
/// The user may not do this. On a channel it closes the channel, during login the connection.
pub const ACCESS_REFUSED: u16 = 403;
/// The exchange, queue or binding does not exist.
pub const NOT_FOUND: u16 = 404;
/// Another connection has exclusive use of it.
pub const RESOURCE_LOCKED: u16 = 405;
/// It exists with other properties, or an argument is refused.
pub const PRECONDITION_FAILED: u16 = 406;
/// The client sent a method or a mechanism that the broker does not take.
pub const COMMAND_INVALID: u16 = 503;
/// The broker's rules forbid it, such as entering a virtual host.
pub const NOT_ALLOWED: u16 = 530;
