//! The store in Redis, which servers share.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use redis::{
    Client, FromRedisValue, Script, ScriptInvocation,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::time::timeout;

use super::{Attempt, Begun, IdempotencyStore, StoreError, StoreFuture};

/// Stores keys and replies in Redis, or in a server that is compatible with it: for servers in several processes.
///
/// A key is a hash, of the fields `fingerprint`, `holder`, `until` (the end of the lease, in milliseconds of Redis's
/// clock) and `reply`, with the time to live as its expiry. Each operation is one Lua script, so it is atomic. A repeat
/// that waits asks again after 10 ms, then after twice as long each time, up to 500 ms.
///
/// One connection is shared by all operations, and made anew when it is lost; meanwhile they fail, and calls of
/// deduplicated methods are answered `overloaded`. Replies are stored as they travel: secrets encrypted, all else in the
/// clear.
///
/// What Redis loses, runs again: without `appendfsync always` the last second before a crash, after a failover what was
/// not replicated. Have it refuse writes when it is full (`maxmemory-policy noeviction`, the default), or it forgets
/// keys before their time.
#[derive(Clone)]
pub struct RedisStore {
    connection: ConnectionManager,
    prefix: Arc<str>,
    scripts: Arc<[Script; 4]>,
}

/// `KEYS[1]`: the key. `ARGV`: fingerprint, holder, and milliseconds: lease, time to live.
const BEGIN: &str = r"
local at = redis.call('TIME')
local now = at[1] * 1000 + math.floor(at[2] / 1000)
local known = redis.call('HMGET', KEYS[1], 'fingerprint', 'holder', 'until', 'reply')
if not known[1] then
    redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'holder', ARGV[2], 'until', now + ARGV[3])
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
    return {'started'}
end
if known[1] ~= ARGV[1] then return {'other'} end
if known[4] then return {'replied', known[4]} end
if known[2] == ARGV[2] then return {'started'} end
if tonumber(known[3]) <= now then return {'abandoned'} end
return {'running'}
";

const EXTEND: &str = r"
local known = redis.call('HMGET', KEYS[1], 'holder', 'reply')
if known[1] ~= ARGV[2] or known[2] then return end
local at = redis.call('TIME')
redis.call('HSET', KEYS[1], 'until', at[1] * 1000 + math.floor(at[2] / 1000) + ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
";

/// `ARGV[5]`: the reply.
const COMPLETE: &str = r"
local holder = redis.call('HGET', KEYS[1], 'holder')
if holder and holder ~= ARGV[2] then return end
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'holder', ARGV[2], 'reply', ARGV[5])
redis.call('HDEL', KEYS[1], 'until')
redis.call('PEXPIRE', KEYS[1], ARGV[4])
";

const RELEASE: &str = r"
local known = redis.call('HMGET', KEYS[1], 'holder', 'reply')
if known[1] == ARGV[2] and not known[2] then redis.call('DEL', KEYS[1]) end
";

impl RedisStore {
    /// Connects to the server of this URL, such as `redis://user:password@host:6379/0`.
    ///
    /// # Errors
    /// When the URL is malformed, or there is no connection within 5 s.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_within(url, Duration::from_secs(5)).await
    }

    async fn connect_within(url: &str, limit: Duration) -> Result<Self, StoreError> {
        let client = Client::open(url).map_err(StoreError::new)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(limit))
            // That of an operation is the server's `store_timeout`.
            .set_response_timeout(None)
            // Operations have a limit of their own, and one that waits for a new connection would exceed it.
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(500));
        // It tries twice, with a pause between.
        let connecting = timeout(limit, ConnectionManager::new_with_config(client, config)).await;
        let late = |_| StoreError::new(format!("there is no connection within {limit:?}"));
        let connection = connecting.map_err(late)?.map_err(StoreError::new)?;
        let scripts = Arc::new([BEGIN, EXTEND, COMPLETE, RELEASE].map(Script::new));
        Ok(Self { connection, prefix: "amqp-rpc:idempotency:".into(), scripts })
    }

    /// Writes this before every key, in place of `amqp-rpc:idempotency:`: for systems that share a database and have
    /// services of the same names.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into().into();
        self
    }

    async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        attempt: &Attempt,
        reply: Option<&[u8]>,
    ) -> Result<T, StoreError> {
        let mut invocation = script.key([&*self.prefix, attempt.key().as_str()].concat());
        invocation.arg(attempt.fingerprint().as_slice()).arg(attempt.holder());
        add_milliseconds(&mut invocation, attempt.lease());
        add_milliseconds(&mut invocation, attempt.ttl());
        if let Some(reply) = reply {
            invocation.arg(reply);
        }
        invocation.invoke_async(&mut self.connection.clone()).await.map_err(StoreError::new)
    }
}

fn add_milliseconds(invocation: &mut ScriptInvocation<'_>, time: Duration) {
    /// A hundred years: Redis refuses what its clock cannot count to.
    const LONGEST: u128 = 100 * 365 * 24 * 60 * 60 * 1000;
    invocation.arg(u64::try_from(time.as_millis().clamp(1, LONGEST)).unwrap_or(u64::MAX));
}

impl IdempotencyStore for RedisStore {
    fn begin<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, Begun> {
        Box::pin(async {
            let answer: Vec<Vec<u8>> = self.run(&self.scripts[0], attempt, None).await?;
            let mut answer = answer.into_iter();
            match (answer.next().as_deref(), answer.next()) {
                (Some(b"started"), _) => Ok(Begun::Started),
                (Some(b"replied"), Some(reply)) => Ok(Begun::Replied(reply.into())),
                (Some(b"running"), _) => Ok(Begun::InProgress),
                (Some(b"abandoned"), _) => Ok(Begun::Abandoned),
                (Some(b"other"), _) => Ok(Begun::OtherRequest),
                _ => Err(StoreError::new("an unknown answer")),
            }
        })
    }

    fn extend<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, ()> {
        Box::pin(self.run(&self.scripts[1], attempt, None))
    }

    fn complete<'a>(&'a self, attempt: &'a Attempt, reply: Bytes) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.run(&self.scripts[2], attempt, Some(&reply)).await })
    }

    fn release<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, ()> {
        Box::pin(self.run(&self.scripts[3], attempt, None))
    }
}

// The URL may hold a password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::io::ErrorKind;

    use tokio::{
        net::{TcpListener, TcpStream},
        task::JoinSet,
    };

    use super::*;
    use crate::idempotency::stores::IdempotencyKey;

    /// Accepts connections. Answers what a client says of itself if it `greets`, and nothing else.
    async fn silent_redis(greets: bool) -> (String, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("redis://{}", listener.local_addr().expect("it is bound"));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                connections.spawn(answer(connection, greets));
            }
        });
        (url, tasks)
    }

    async fn answer(connection: TcpStream, greets: bool) {
        let mut buffer = [0; 4096];
        while connection.readable().await.is_ok() {
            let length = match connection.try_read(&mut buffer) {
                Ok(0) => return,
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                read => read.expect("the client is there"),
            };
            let text = String::from_utf8_lossy(&buffer[..length]).to_uppercase();
            let answers = if greets { text.matches("SETINFO").count() } else { 0 };
            let written = connection.try_write("+OK\r\n".repeat(answers).as_bytes());
            written.expect("the client is there");
        }
    }

    #[tokio::test]
    async fn connecting_takes_no_longer_than_its_limit() {
        let (url, _redis) = silent_redis(false).await;
        let limit = Duration::from_millis(300);
        let began = std::time::Instant::now();
        RedisStore::connect_within(&url, limit).await.expect_err("nothing answers");
        assert!(began.elapsed() < 2 * limit, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn only_the_server_limits_the_time_of_an_operation() {
        let (url, _redis) = silent_redis(true).await;
        let store = RedisStore::connect(&url).await.unwrap();
        let second = Duration::from_secs(1);
        let key = IdempotencyKey::new("amqp-rpc", "fib.compute", "key");
        let attempt = Attempt::new(key, [0; 32], second, 2 * second);
        let waited = timeout(second, store.begin(&attempt)).await;
        assert!(waited.is_err(), "it gave up by itself: {waited:?}");
    }
}
