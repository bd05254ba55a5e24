//! Examples of clients: `errors`, `blocking`, `deadlines`, `reconnecting`.

use super::output;
use crate::support::{Program, Vhost, await_until};

#[tokio::test]
async fn errors_prints_execution_and_retryability_of_every_failure() {
    let vhost = Vhost::create().await;
    for printed in output("errors", &vhost).await {
        let columns: Vec<Vec<_>> =
            printed.lines().map(|line| line.split_whitespace().take(3).collect()).collect();
        assert_eq!(
            columns,
            [
                ["call", "executed", "retry"],
                ["transfer", "Completed", "none:"],
                ["transfer", "Completed", "false"],
                ["crash", "Unknown", "false"],
                ["report", "Unknown", "true"],
                ["archive", "Never", "false"],
                ["archive", "Never", "false"],
                ["coin", "Never", "true"],
                ["transfer", "Never", "false"],
            ],
            "{printed}"
        );
    }
}

#[tokio::test]
async fn blocking_counts_primes_on_blocking_threads() {
    let vhost = Vhost::create().await;
    let expected = "4 primes up to 10\n\
        25 primes up to 100\n\
        168 primes up to 1000\n\
        1229 primes up to 10000, called without the trait\n\
        `primes.twins` is not served: no queue is bound to exchange `amqp-rpc` with that key\n";
    assert_eq!(output("blocking", &vhost).await, [expected, expected]);
}

#[tokio::test]
async fn deadlines_are_inherited_and_cancel_slow_methods() {
    let vhost = Vhost::create().await;
    for printed in output("deadlines", &vhost).await {
        let seconds = |order: &str| -> u64 {
            let answer = printed.lines().find_map(|line| line.strip_prefix(order)).expect("it was ordered");
            let seconds =
                answer.strip_prefix(": the warehouse has about ").and_then(|rest| rest.strip_suffix(" s"));
            seconds.unwrap_or_else(|| panic!("{printed}")).parse().expect("it is a number")
        };
        assert!((6..=10).contains(&seconds("order")), "{printed}");
        assert!((1..=5).contains(&seconds("hasty order")), "{printed}");
        assert!((6..=10).contains(&seconds("endless order")), "{printed}");
        for item in ["tea", "coffee", "mate"] {
            assert!(printed.contains(&format!("[warehouse] noted: {item}\n")), "{printed}");
        }
        assert_eq!(printed.matches("[shop] browse was cancelled\n").count(), 2, "{printed}");
        let fault = "browse: deadline_exceeded: the method was cancelled after 100ms, the server's limit (executed: Unknown)\n";
        assert!(printed.contains(fault), "{printed}");
        assert!(printed.contains("\nbrowse: no reply within 100ms"), "{printed}");
    }
}

#[tokio::test]
async fn reconnecting_outlives_its_broker() {
    let vhost = Vhost::create().await;
    let alone = Program::example_alone("reconnecting", &[]).finish().await.stdout_of_success();
    let mut given = Program::example("reconnecting", &[], &vhost.uri());
    given.line().await;
    assert_eq!(given.line().await, "a ring of a minute is in flight");
    // As the operator of that broker would.
    await_until("both connections are closed", || async { vhost.close_all_connections().await == 2 }).await;
    let given = given.finish().await.stdout_of_success();
    for printed in [alone, given] {
        let lines: Vec<_> = printed.lines().collect();
        assert!(lines[2].starts_with("the broker stopped; the client was connecting"), "{printed}");
        assert!(lines[3].starts_with("the ring Unknown run: disconnected"), "{printed}");
        assert!(lines[4].starts_with("the next call waited "), "{printed}");
        for ready in ["the client is ready, connection 2, ", ", and the server ready, connection 2"] {
            assert!(lines[5].contains(ready), "{printed}");
        }
    }
}
