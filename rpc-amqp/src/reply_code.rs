//! The AMQP reply codes that this library acts on (AMQP 0-9-1 specification, section 1.3).

/// No queue takes the message: the reply code of a returned message.
pub const NO_ROUTE: u16 = 312;
/// The broker shuts down, or an operator closed the connection.
pub const CONNECTION_FORCED: u16 = 320;
/// The user lacks the permission. Closes the channel; during login, the connection.
pub const ACCESS_REFUSED: u16 = 403;
/// The exchange, queue or binding does not exist.
pub const NOT_FOUND: u16 = 404;
/// The queue is exclusive to another connection, or has an exclusive consumer.
pub const RESOURCE_LOCKED: u16 = 405;
/// The exchange or queue exists with other properties, or the broker refuses an argument.
pub const PRECONDITION_FAILED: u16 = 406;
/// The broker does not support a method or an authentication mechanism.
pub const COMMAND_INVALID: u16 = 503;
/// A limit of the broker is reached.
pub const RESOURCE_ERROR: u16 = 506;
/// The broker does not allow the operation, such as access to a virtual host, or a limit is reached.
pub const NOT_ALLOWED: u16 = 530;
/// Something within the broker does not work, such as a virtual host that is down.
pub const INTERNAL_ERROR: u16 = 541;
