//! `fib`, `fib_client`, `fib_server` and `embedded_broker`.

use super::output;
use crate::support::{Program, Vhost};

#[tokio::test]
async fn fib_prints_results_an_error_an_unroutable_call_and_a_timeout() {
    let vhost = Vhost::create().await;
    let expected = "fib(10) = 55\n\
         fib(30) = 832040\n\
         fib(90) = 2880067194370816120\n\
         whoami = the example calling fib.whoami\n\
         fib(91): ask for at most 90\n\
         is_prime(7): `primes.is_prime` is not served: no queue is bound to exchange `amqp-rpc` with that key (executed: Never)\n\
         dawdle: no reply within 100ms";
    for printed in output("fib", &vhost).await {
        // The state of the queue follows, unless the broker was too busy to report it.
        assert!(printed.starts_with(expected), "{printed}");
        assert!(printed.ends_with("(executed: Unknown)\n"), "{printed}");
    }
}

#[tokio::test]
async fn fib_client_calls_fib_server_which_stops_when_interrupted() {
    let vhost = Vhost::create().await;
    let alone = Program::example("fib_client", &["30"], &vhost.uri()).finish().await;
    assert!(!alone.status.success());
    assert_eq!(alone.stderr, "no server for fib: start `cargo run --example fib_server`\n");

    for signal in ["INT", "TERM"] {
        let mut server = Program::example("fib_server", &[], &vhost.uri());
        assert_eq!(server.line().await, "serving from queue fib");
        let client = Program::example("fib_client", &["30", "91"], &vhost.uri()).finish().await;
        assert_eq!(client.stdout_of_success(), "fib(30) = 832040\nfib(91): n is above 90\n");

        assert!(server.line().await.starts_with("compute(30) in process "));
        assert!(server.line().await.starts_with("compute(91) in process "));
        server.signal(signal).await;
        let finished = server.finish().await;
        assert!(finished.stdout_of_success().ends_with("stopped; 0 calls were abandoned\n"), "{signal}");
    }
}

#[tokio::test]
async fn fib_server_without_amqp_url_prints_how_to_call_it() {
    let lost = Program::example_alone("fib_client", &["30"]).finish().await;
    assert!(!lost.status.success());
    assert_eq!(lost.stderr, "AMQP_URL is not set: start `cargo run --example fib_server`, which prints it\n");

    let mut server = Program::example_alone("fib_server", &[]);
    assert_eq!(server.line().await, "serving from queue fib");
    let uri = uri_of_the_command(&server.line().await, "ask it with: AMQP_URL=");
    let client = Program::example("fib_client", &["30"], &uri).finish().await;
    assert_eq!(client.stdout_of_success(), "fib(30) = 832040\n");
}

/// The address in a line `{prefix}{address} cargo run --example fib_client -- 30`.
fn uri_of_the_command(line: &str, prefix: &str) -> String {
    let uri =
        line.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(" cargo run --example fib_client -- 30"));
    uri.unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[tokio::test]
async fn embedded_broker_prints_how_to_reach_it_from_rust() {
    let mut broker = Program::example_alone("embedded_broker", &[]);
    let uri = uri_of_the_command(&broker.line_with("cargo run").await, "AMQP_URL=");
    let client = Program::example("fib_client", &["30"], &uri).finish().await;
    assert_eq!(client.stdout_of_success(), "fib(30) = 832040\n");

    broker.signal("INT").await;
    let finished = broker.finish().await;
    assert!(finished.stdout_of_success().ends_with("\nstopped\n"));
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn embedded_broker_prints_how_to_reach_it_from_python() {
    let mut broker = Program::example_alone("embedded_broker", &[]);
    broker.line_with("python3 - <<'END'").await;
    let mut program = String::new();
    loop {
        match broker.line().await.as_str() {
            "END" => break,
            line => program.extend([line, "\n"]),
        }
    }
    let pasted = Program::pasted_python(&program).finish().await;
    assert_eq!(pasted.stdout_of_success(), "result 832040\n");
}
