//! Prints an observed method as one line.

use std::fmt;

use super::{ObservedMethod, arguments::Argument};
use crate::interception::direction::Direction;

impl fmt::Display for ObservedMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.connection() {
            "" => write!(f, "#{}", self.connection_id())?,
            name => f.write_str(name)?,
        }
        let arrow = match self.direction() {
            Direction::FromClient => '→',
            Direction::ToClient => '←',
        };
        write!(f, "/{} {arrow} {}", self.channel(), self.method())?;
        for (name, value) in self.arguments() {
            match value {
                Argument::Text(text) => write!(f, " {name}={text:?}")?,
                Argument::Number(number) => write!(f, " {name}={number}")?,
                Argument::Flag(true) => write!(f, " {name}")?,
                Argument::Flag(false) => {}
            }
        }
        match self.body().len() {
            _ if !self.has_content() => {}
            1 => f.write_str(" (1 byte)")?,
            length => write!(f, " ({length} bytes)")?,
        }
        if !self.actions().is_empty() {
            write!(f, " {:?}", self.actions())?;
        }
        Ok(())
    }
}

/// Prints the same line as `Display`: the method of a login holds a password.
impl fmt::Debug for ObservedMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use amq_protocol::protocol::{AMQPClass, basic, connection};
    use bytes::Bytes;

    use super::*;
    use crate::{
        interception::{Action, Payload, Peer},
        properties::Properties,
    };

    fn observed(direction: Direction, method: AMQPClass, body: Option<&'static [u8]>) -> ObservedMethod {
        let peer = Peer::new(7);
        peer.name.set("billing".into()).unwrap();
        let content = body.map(|body| (Properties::default(), Bytes::from_static(body)));
        let payload = Payload { channel: 1, method: Some(method), content, queue: None };
        ObservedMethod::new(Duration::ZERO, &peer, direction, payload).unwrap()
    }

    #[test]
    fn a_publish_reads_as_one_line() {
        let publish =
            basic::Publish { routing_key: "fib".into(), mandatory: true, ..basic::Publish::default() };
        let method = AMQPClass::Basic(basic::AMQPMethod::Publish(publish));
        let mut publish = observed(Direction::FromClient, method, Some(b"10"));
        let line = "billing/1 → basic.publish exchange=\"\" routing_key=\"fib\" mandatory (2 bytes)";
        assert_eq!(publish.to_string(), line);
        publish.set_actions(vec![Action::Drop]);
        assert_eq!(publish.to_string(), format!("{line} [Drop]"));
        assert_eq!((publish.routing_key(), publish.queue(), publish.body()), (Some("fib"), None, &b"10"[..]));
    }

    #[test]
    fn a_password_is_never_printed() {
        let start_ok = connection::StartOk {
            mechanism: "PLAIN".into(),
            response: "\0guest\0secret".into(),
            ..connection::StartOk::default()
        };
        let method = AMQPClass::Connection(connection::AMQPMethod::StartOk(start_ok));
        let login = observed(Direction::FromClient, method, None);
        assert_eq!(format!("{login:?}"), "billing/1 → connection.start-ok mechanism=\"PLAIN\"");
    }
}
