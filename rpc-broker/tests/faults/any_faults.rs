//! With any rules, the broker neither panics nor hangs, and serves connections that they do not match.

use std::{
    panic,
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use amqp_rpc_broker::faults::{Action, Direction, Matcher, Method};
use futures_util::StreamExt;
use proptest::{collection::vec, prelude::*, sample::select, test_runner::Config};
use tokio::time::timeout;

use crate::setup::{TestBroker, bodies, consume, in_time};

fn method() -> impl Strategy<Value = Method> {
    // The methods of `converse` below, more often than the others.
    let used = [
        Method::ConnectionStartOk,
        Method::ConnectionTune,
        Method::ConnectionOpen,
        Method::ConnectionOpenOk,
        Method::ChannelOpen,
        Method::ChannelOpenOk,
        Method::QueueDeclare,
        Method::QueueDeclareOk,
        Method::ConfirmSelect,
        Method::BasicPublish,
        Method::BasicConsume,
        Method::BasicConsumeOk,
        Method::BasicDeliver,
        Method::BasicAck,
        Method::ConnectionClose,
        Method::ConnectionCloseOk,
    ];
    prop_oneof![4 => select(used.to_vec()), 1 => select(Method::ALL.to_vec())]
}

fn matcher() -> impl Strategy<Value = Matcher> {
    let which = prop_oneof![
        4 => method().prop_map(Matcher::from_client),
        4 => method().prop_map(Matcher::to_client),
        1 => Just(Matcher::any()),
        1 => Just(Matcher::any_in(Direction::ToClient)),
    ];
    let which = which.prop_filter("it can match", |matcher| matcher.why_impossible().is_none());
    (which, 0..3usize, 1..4usize)
        .prop_map(|(matcher, after, times)| matcher.after(after).times(times).connection("victim"))
}

fn action() -> impl Strategy<Value = Action> {
    let code = prop_oneof![Just(320), Just(404), Just(406), Just(504), any::<u16>()];
    let text = ".{0,300}";
    prop_oneof![
        Just(Action::Pass),
        Just(Action::Drop),
        (0..5u64).prop_map(|milliseconds| Action::Delay(Duration::from_millis(milliseconds))),
        Just(Action::Duplicate),
        Just(Action::Reorder),
        Just(Action::Stall),
        (code.clone(), text).prop_map(|(code, text)| Action::CloseChannel(code, text)),
        (code, text).prop_map(|(code, text)| Action::CloseConnection(code, text)),
        Just(Action::Reset),
        Just(Action::BreakAfter),
        (0..40usize).prop_map(Action::Truncate),
        Just(Action::Nack),
        vec(any::<u8>(), 0..40).prop_map(Action::InjectBefore),
        vec(any::<u8>(), 0..40).prop_map(Action::InjectAfter),
    ]
}

/// Uses a connection until it fails or hangs.
async fn converse(test: &TestBroker, queue: &str) -> lapin::Result<()> {
    let properties = lapin::ConnectionProperties::default().with_connection_name("victim".into());
    let connection = lapin::Connection::connect(&test.broker.uri(), properties).await?;
    let channel = connection.create_channel().await?;
    channel.queue_declare(queue.into(), Default::default(), Default::default()).await?;
    channel.confirm_select(Default::default()).await?;
    let mut consumer =
        channel.basic_consume(queue.into(), "".into(), Default::default(), Default::default()).await?;
    let publish =
        channel.basic_publish("".into(), queue.into(), Default::default(), b"x", Default::default());
    publish.await?.await?;
    if let Some(delivery) = consumer.next().await {
        delivery?.ack(Default::default()).await?;
    }
    connection.close(200, "bye".into()).await
}

/// Few cases, because each takes a second when it hangs. `PROPTEST_CASES` sets more.
fn config() -> Config {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => Config::default(),
        None => Config { cases: 24, ..Config::default() },
    }
}

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Counts panics on the threads of brokers: tokio catches those of tasks.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() == Some("amqp-rpc-broker") {
                PANICS.fetch_add(1, Ordering::Relaxed);
            }
            previous(info);
        }));
    });
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_rules_harm_the_broker_or_other_connections(rules in vec((matcher(), action()), 1..6)) {
        count_panics();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let test = TestBroker::new().await;
            let other = test.client("witness").await;
            other.declare("other").await;
            let mut consumer = consume(&other.channel, "other").await;
            let guards: Vec<_> =
                rules.into_iter().map(|(matcher, action)| test.broker.on(matcher, action)).collect();

            // It may hang, as some rules intend.
            let _ = timeout(Duration::from_millis(100), converse(&test, "disturbed")).await;

            other.publish("other", "alive").await;
            assert_eq!(bodies(&mut consumer, 1).await, ["alive"]);
            drop(guards);
            // Another queue: the client that was cancelled before may still consume from the first one.
            in_time(converse(&test, "undisturbed")).await.unwrap();
            in_time(test.broker.shutdown()).await;
            assert_eq!(PANICS.load(Ordering::Relaxed), 0);
        });
    }
}
