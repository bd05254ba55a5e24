//! Runs the lines of a script.
//!
//! | line | does |
//! |---|---|
//! | `a/1 queue.declare q durable x-max-length=1` | sends the method on channel 1 of connection `a`; both are opened when needed |
//! | `a/1! queue.declare q` | the same, but neither opens the channel nor waits for an answer |
//! | `a/1 basic.publish "" q "body" mandatory expiration=5` | a whole message; `size=100` makes a body of that many bytes |
//! | `a/1 publish-method "" q`, `a/1 header size=5`, `a/1 body "text"` | the frames of a message one by one |
//! | `a connect user=u password=p frame-max=4096 no-capabilities` | connects with other parameters |
//! | `a dial`, `a greet`, `a connection.start-ok PLAIN "…"` | a handshake step by step |
//! | `a raw 414d`, `a frame 8 1 00`, `a drop` | bytes; a frame of type, channel and payload; closing the socket |
//! | `a expect 2`, `a/1 expect 2` | waits until that many frames or messages were received |
//! | `a ends` | waits for the end of the connection |
//! | `+ …` | sends together with the next line |
//! | `hold a/1` | leaves close-ok to the script, for the channel (`hold a`: for the connection) |
//! | `user u password`, `permit u ^c ^w ^r` | administration |
//! | `wait q 3`, `gone q`, `unroutable q` | waits until the queue holds that many messages, or is gone |
//! | `unwatch q` | stops querying the queue (a query counts as use of the queue) |

use super::{
    arguments::{Arguments, unhex},
    client::Client,
    client_connect::handshake,
    methods::{is_synchronous, method, properties},
    runner::ScriptRunner,
};

impl ScriptRunner {
    pub(crate) async fn run_command(&mut self, line: &str) {
        let (subject, rest) = line.split_once(' ').unwrap_or((line, ""));
        match subject {
            "user" | "permit" => self.administer(subject, rest).await,
            "wait" => {
                let arguments = Arguments::parse(rest);
                self.wait_until_queue_holds(&arguments.positional(0), arguments.number(1)).await;
            }
            "gone" => self.wait_until_queue_is_gone(&Arguments::parse(rest).positional(0)).await,
            "unroutable" => self.wait_until_unroutable(&Arguments::parse(rest).positional(0)).await,
            "unwatch" => _ = self.unobserved.insert(Arguments::parse(rest).positional(0)),
            "hold" => {
                let (connection, channel) = place(rest);
                self.client(connection).held.push(channel);
            }
            _ => self.run_client_command(subject, rest).await,
        }
    }

    async fn administer(&mut self, verb: &str, rest: &str) {
        let arguments = Arguments::parse(rest);
        let user = self.names.user(&arguments.positional(0));
        if verb == "user" {
            self.broker.add_user(&user, &arguments.positional(1)).await;
        } else {
            self.broker
                .permit(&user, &arguments.positional(1), &arguments.positional(2), &arguments.positional(3))
                .await;
        }
    }

    async fn run_client_command(&mut self, subject: &str, rest: &str) {
        let forced = subject.ends_with('!');
        let (connection, channel) = place(subject.trim_end_matches('!'));
        let (verb, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        match verb {
            "dial" => {
                let client = Client::dial(&self.broker.address).await;
                self.manual.insert(connection.to_owned());
                self.clients.insert(connection.to_owned(), client);
                return;
            }
            "connect" => return self.connect(connection, Arguments::parse(rest)).await,
            "drop" => {
                self.clients.remove(connection);
                return;
            }
            _ => {}
        }
        let connected = self.clients.get(connection).is_some_and(|client| !client.ended);
        if !self.manual.contains(connection) && !connected {
            self.connect(connection, Arguments::default()).await;
        }
        let opens =
            !matches!(verb, "channel.open" | "expect" | "ends" | "raw" | "frame") && !forced && channel != 0;
        if opens && !self.manual.contains(connection) && !self.client(connection).is_open(channel) {
            self.client(connection).open_channel(channel).await;
        }
        self.send_command(connection, channel, verb, rest, forced).await;
    }

    async fn send_command(&mut self, connection: &str, channel: u16, verb: &str, rest: &str, forced: bool) {
        match verb {
            "greet" => {
                let greeting = if rest.is_empty() { b"AMQP\x00\x00\x09\x01".to_vec() } else { unhex(rest) };
                self.client(connection).queue_bytes(&greeting);
            }
            "raw" => self.client(connection).queue_bytes(&unhex(rest)),
            "frame" => self.client(connection).queue_bytes(&frame(rest)),
            "expect" => {
                let count: usize = Arguments::parse(rest).number(0);
                let client = self.client(connection);
                client.flush().await;
                client
                    .until(&format!("{count} things on {channel}"), |client| {
                        client.received(channel).count() >= count || (client.ended && channel != 0)
                    })
                    .await;
            }
            "ends" => {
                let client = self.client(connection);
                client.flush().await;
                client.until("the end", |client| client.ended).await;
            }
            "publish-method" => {
                self.client(connection)
                    .queue_method(channel, method("basic.publish", &mut Arguments::parse(rest)));
            }
            "header" => {
                let mut arguments = Arguments::parse(rest);
                let size = arguments.take_number("size").expect("a header announces a size");
                self.client(connection).queue_header(channel, properties(&mut arguments), size);
            }
            "body" => {
                let body = Arguments::parse(rest).positional(0).into_bytes();
                self.client(connection).queue_frame(&amq_protocol::frame::AMQPFrame::Body(channel, body));
            }
            "basic.publish" => self.publish(connection, channel, rest),
            name => self.send(connection, channel, name, rest, forced),
        }
    }

    fn publish(&mut self, connection: &str, channel: u16, rest: &str) {
        let mut arguments = Arguments::parse(rest);
        let body = match arguments.take_number::<usize>("size") {
            Some(size) => (0..size).map(|index| (index % 251) as u8).collect(),
            None => arguments.positional(2).into_bytes(),
        };
        if let Some(user) = arguments.take_text("user-id") {
            let user = self.names.user(&user);
            arguments.put_text("user-id", &user);
        }
        let client = self.client(connection);
        let properties = properties(&mut arguments);
        client.queue_method(channel, method("basic.publish", &mut arguments));
        client.queue_content(channel, properties, &body);
    }

    fn send(&mut self, connection: &str, channel: u16, name: &str, rest: &str, forced: bool) {
        let rest = if name == "connection.open" && rest == "/" {
            self.broker.vhost.clone()
        } else {
            rest.to_owned()
        };
        let mut arguments = Arguments::parse(&rest);
        let answered = is_synchronous(name) && !arguments.flag("nowait") && !forced;
        if name == "queue.declare" && !arguments.flag("passive") && !arguments.positional(0).is_empty() {
            let owner = arguments.flag("exclusive").then(|| connection.to_owned());
            self.queues.entry(arguments.positional(0)).or_insert(owner);
        }
        self.client(connection).queue_method(channel, method(name, &mut arguments));
        if answered {
            self.awaited.push((connection.to_owned(), channel, format!("{name}-ok")));
        }
    }

    async fn connect(&mut self, connection: &str, mut arguments: Arguments) {
        let user = arguments.take_text("user").map_or("guest".to_owned(), |user| self.names.user(&user));
        let password = arguments.take_text("password").unwrap_or_else(|| "guest".to_owned());
        let vhost = arguments.take_text("vhost").unwrap_or_else(|| self.broker.vhost.clone());
        let mut client = Client::dial(&self.broker.address).await;
        handshake(&mut client, &user, &password, &vhost, &mut arguments).await;
        self.clients.insert(connection.to_owned(), client);
    }

    fn client(&mut self, connection: &str) -> &mut Client {
        self.clients.get_mut(connection).unwrap_or_else(|| panic!("there is no connection {connection}"))
    }
}

/// `a/1` is channel 1 of connection `a`, and `a` its channel 0.
fn place(text: &str) -> (&str, u16) {
    match text.split_once('/') {
        Some((connection, channel)) => (connection, channel.parse().expect("a channel is a number")),
        None => (text, 0),
    }
}

/// A frame of any type, channel and payload; an `end=` other than 206 breaks it.
fn frame(rest: &str) -> Vec<u8> {
    let mut arguments = Arguments::parse(rest);
    let payload = unhex(&arguments.positional(2));
    let length = arguments.take_number("length").unwrap_or(payload.len() as u32);
    let mut bytes = vec![arguments.number::<u8>(0)];
    bytes.extend(arguments.number::<u16>(1).to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes.extend(payload);
    bytes.push(arguments.take_number("end").unwrap_or(206));
    bytes
}
