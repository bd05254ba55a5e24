//! What the lines of a script do.
//!
//! | line | does |
//! |---|---|
//! | `a/1 queue.declare q durable x-max-length=1` | sends the method on channel 1 of connection `a`; both are opened when needed |
//! | `a/1! queue.declare q` | the same, but neither opens the channel nor waits for an answer |
//! | `a/1 basic.publish "" q "body" mandatory expiration=5` | a whole message; `size=100` makes a body of that many bytes |
//! | `a/1 publish-method "" q`, `a/1 header size=5`, `a/1 body "text"` | the frames of a message one by one |
//! | `a connect user=u password=p frame-max=4096 no-capabilities` | a handshake that is not the usual one |
//! | `a dial`, `a greet`, `a connection.start-ok PLAIN "…"` | a handshake by hand |
//! | `a raw 414d`, `a frame 8 1 00`, `a drop` | bytes; a frame of type, channel and payload; closing the socket |
//! | `a expect 2`, `a/1 expect 2` | waits for so many things to be heard |
//! | `a ends` | waits for the end of the connection |
//! | `+ …` | sends together with the next line |
//! | `hold a/1` | the script answers the channel's close itself (`hold a` the connection's) |
//! | `user u password`, `permit u ^c ^w ^r` | administration |
//! | `wait q 3`, `gone q`, `unroutable q` | waits until the queue holds so many messages, or is gone |
//! | `unwatch q` | the queue is not asked about any more (asking is using it) |

use super::{
    connecting::handshake,
    methods::{is_synchronous, method, properties},
    peer::Peer,
    stage::Stage,
    words::{Words, unhex},
};

impl Stage {
    pub(crate) async fn perform(&mut self, line: &str) {
        let (subject, rest) = line.split_once(' ').unwrap_or((line, ""));
        match subject {
            "user" | "permit" => self.administer(subject, rest).await,
            "wait" => {
                let words = Words::parse(rest);
                self.wait_until_queue_holds(&words.word(0), words.number(1)).await;
            }
            "gone" => self.wait_until_queue_is_gone(&Words::parse(rest).word(0)).await,
            "unroutable" => self.wait_until_unroutable(&Words::parse(rest).word(0)).await,
            "unwatch" => _ = self.unwatched.insert(Words::parse(rest).word(0)),
            "hold" => {
                let (connection, channel) = place(rest);
                self.peer(connection).held.push(channel);
            }
            _ => self.act(subject, rest).await,
        }
    }

    async fn administer(&mut self, verb: &str, rest: &str) {
        let words = Words::parse(rest);
        let user = self.names.user(&words.word(0));
        if verb == "user" {
            self.arena.add_user(&user, &words.word(1)).await;
        } else {
            self.arena.permit(&user, &words.word(1), &words.word(2), &words.word(3)).await;
        }
    }

    async fn act(&mut self, subject: &str, rest: &str) {
        let forced = subject.ends_with('!');
        let (connection, channel) = place(subject.trim_end_matches('!'));
        let (verb, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        match verb {
            "dial" => {
                let peer = Peer::dial(&self.arena.address).await;
                self.by_hand.insert(connection.to_owned());
                self.peers.insert(connection.to_owned(), peer);
                return;
            }
            "connect" => return self.connect(connection, Words::parse(rest)).await,
            "drop" => {
                self.peers.remove(connection);
                return;
            }
            _ => {}
        }
        let connected = self.peers.get(connection).is_some_and(|peer| !peer.ended);
        if !self.by_hand.contains(connection) && !connected {
            self.connect(connection, Words::default()).await;
        }
        let opens =
            !matches!(verb, "channel.open" | "expect" | "ends" | "raw" | "frame") && !forced && channel != 0;
        if opens && !self.by_hand.contains(connection) && !self.peer(connection).is_open(channel) {
            self.peer(connection).open_channel(channel).await;
        }
        self.say(connection, channel, verb, rest, forced).await;
    }

    async fn say(&mut self, connection: &str, channel: u16, verb: &str, rest: &str, forced: bool) {
        match verb {
            "greet" => {
                let greeting = if rest.is_empty() { b"AMQP\x00\x00\x09\x01".to_vec() } else { unhex(rest) };
                self.peer(connection).queue_bytes(&greeting);
            }
            "raw" => self.peer(connection).queue_bytes(&unhex(rest)),
            "frame" => self.peer(connection).queue_bytes(&frame(rest)),
            "expect" => {
                let count: usize = Words::parse(rest).number(0);
                let peer = self.peer(connection);
                peer.flush().await;
                peer.until(&format!("{count} things on {channel}"), |peer| {
                    peer.heard(channel).count() >= count || (peer.ended && channel != 0)
                })
                .await;
            }
            "ends" => {
                let peer = self.peer(connection);
                peer.flush().await;
                peer.until("the end", |peer| peer.ended).await;
            }
            "publish-method" => {
                self.peer(connection).queue_method(channel, method("basic.publish", &mut Words::parse(rest)));
            }
            "header" => {
                let mut words = Words::parse(rest);
                let size = words.take_number("size").expect("a header announces a size");
                self.peer(connection).queue_header(channel, properties(&mut words), size);
            }
            "body" => {
                let body = Words::parse(rest).word(0).into_bytes();
                self.peer(connection).queue_frame(&amq_protocol::frame::AMQPFrame::Body(channel, body));
            }
            "basic.publish" => self.publish(connection, channel, rest),
            name => self.send(connection, channel, name, rest, forced),
        }
    }

    fn publish(&mut self, connection: &str, channel: u16, rest: &str) {
        let mut words = Words::parse(rest);
        let body = match words.take_number::<usize>("size") {
            Some(size) => (0..size).map(|index| (index % 251) as u8).collect(),
            None => words.word(2).into_bytes(),
        };
        if let Some(user) = words.take_text("user-id") {
            let user = self.names.user(&user);
            words.put_text("user-id", &user);
        }
        let peer = self.peer(connection);
        let properties = properties(&mut words);
        peer.queue_method(channel, method("basic.publish", &mut words));
        peer.queue_content(channel, properties, &body);
    }

    fn send(&mut self, connection: &str, channel: u16, name: &str, rest: &str, forced: bool) {
        let rest =
            if name == "connection.open" && rest == "/" { self.arena.vhost.clone() } else { rest.to_owned() };
        let mut words = Words::parse(&rest);
        let answered = is_synchronous(name) && !words.flag("nowait") && !forced;
        if name == "queue.declare" && !words.flag("passive") && !words.word(0).is_empty() {
            let owner = words.flag("exclusive").then(|| connection.to_owned());
            self.queues.entry(words.word(0)).or_insert(owner);
        }
        self.peer(connection).queue_method(channel, method(name, &mut words));
        if answered {
            self.awaited.push((connection.to_owned(), channel, format!("{name}-ok")));
        }
    }

    async fn connect(&mut self, connection: &str, mut words: Words) {
        let user = words.take_text("user").map_or("guest".to_owned(), |user| self.names.user(&user));
        let password = words.take_text("password").unwrap_or_else(|| "guest".to_owned());
        let vhost = words.take_text("vhost").unwrap_or_else(|| self.arena.vhost.clone());
        let mut peer = Peer::dial(&self.arena.address).await;
        handshake(&mut peer, &user, &password, &vhost, &mut words).await;
        self.peers.insert(connection.to_owned(), peer);
    }

    fn peer(&mut self, connection: &str) -> &mut Peer {
        self.peers.get_mut(connection).unwrap_or_else(|| panic!("there is no connection {connection}"))
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
    let mut words = Words::parse(rest);
    let payload = unhex(&words.word(2));
    let length = words.take_number("length").unwrap_or(payload.len() as u32);
    let mut bytes = vec![words.number::<u8>(0)];
    bytes.extend(words.number::<u16>(1).to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes.extend(payload);
    bytes.push(words.take_number("end").unwrap_or(206));
    bytes
}
