//! Examples of servers: `middleware`, `multi_service`, `composition`, `layers`, `validation`,
//! `locks`, `graceful_shutdown`.

use super::output;
use crate::support::Vhost;

#[tokio::test]
async fn middleware_lets_only_the_caller_with_a_token_pass() {
    let vhost = Vhost::create().await;
    for printed in output("middleware", &vhost).await {
        let lines: Vec<_> = printed.lines().collect();
        assert!(lines[0].starts_with("[server] greeter.greet: Result after "), "{printed}");
        assert_eq!(lines[1], "with a token: hello, Ada");
        assert!(lines[2].starts_with("[server] greeter.greet: unauthorized after "), "{printed}");
        assert_eq!(lines[3], "without: unauthorized: a valid `token` header is needed (executed: Never)");
        assert_eq!(lines.len(), 4, "{printed}");
    }
}

#[tokio::test]
async fn multi_service_serves_three_services_to_each_of_two_tenants() {
    let vhost = Vhost::create().await;
    let tenant = |name: &str| {
        format!(
            "{name} is served from {name}.reader, {name}.statistics, {name}.writer\n  \
               colour was None\n  \
               colour is  Some(\"{name} red\")\n  \
               1 key\n"
        )
    };
    let expected = tenant("acme") + &tenant("umbrella");
    assert_eq!(output("multi_service", &vhost).await, [expected.as_str(); 2]);
}

#[tokio::test]
async fn composition_chooses_adds_and_removes_services() {
    let vhost = Vhost::create().await;
    let expected = "the server has no service `wether` to serve or leave out; it has: garden.trees, weather\n\
         served from weather: rain\n\
         served from garden.trees, weather: planted: oak\n\
         `garden.trees.plant` is served twice; give its service to the server once\n\
         served from garden.trees, calls cut off: 0\n\
         called meanwhile: rain\n";
    assert_eq!(output("composition", &vhost).await, [expected; 2]);
}

#[tokio::test]
async fn layers_trace_measure_and_shed() {
    let vhost = Vhost::create().await;
    for printed in output("layers", &vhost).await {
        let lines: Vec<_> = printed.lines().collect();
        let first = [
            "-- one call that makes another",
            "span rpc.client kitchen.cook",
            "span rpc.server kitchen.cook",
            "span rpc.client kitchen.fetch",
            "span rpc.server kitchen.fetch",
            "bread of flour",
        ];
        assert_eq!(lines[..first.len()], first, "{printed}");
        let refused = "refused: overloaded: the server is at its limit of calls (executed: Never)";
        assert!(lines.contains(&refused), "{printed}");
        assert_eq!(lines.iter().filter(|line| **line == "baked at 220").count(), 2, "{printed}");
        for measured in [
            "rpc.client.call.duration {rpc.system.name=amqp_rpc, rpc.method=kitchen.cook, rpc.response.status_code=ok}: 1 calls",
            "rpc.server.call.duration {rpc.system.name=amqp_rpc, rpc.method=kitchen.bake, rpc.response.status_code=ok}: 2 calls",
            "rpc.server.call.duration {rpc.system.name=amqp_rpc, rpc.method=kitchen.bake, rpc.response.status_code=overloaded, error.type=overloaded}: 1 calls",
        ] {
            assert!(lines.contains(&measured), "{measured} is missing: {printed}");
        }
    }
}

#[tokio::test]
async fn validation_prints_every_violation() {
    let vhost = Vhost::create().await;
    let expected = "[server] Ada is valid, and registered\n\
         copies: 2\n\
         the server refuses it (bad_request):\n  \
         copies: greater than 3\n  \
         user.age: lower than 18\n  \
         user.name: length is lower than 1\n  \
         user.shoes: shoes come in pairs\n\
         not even sent: 3\n";
    assert_eq!(output("validation", &vhost).await, [expected, expected]);
}

#[tokio::test]
async fn locks_serialise_the_changes_of_one_cluster_and_not_those_of_two() {
    let vhost = Vhost::create().await;
    let expected = "red: create begins, create ends, resize begins, resize ends\n\
         blue: create begins, create ends\n";
    assert_eq!(output("locks", &vhost).await, [expected, expected]);
}

#[tokio::test]
async fn a_dialect_of_one_s_own_serves_beside_the_library_s_protocol() {
    let vhost = Vhost::create().await;
    let expected = "legacy: 832040\nlegacy: n is above 90\nits own: 832040\nits own: n is above 90\n";
    assert_eq!(output("dialect", &vhost).await, [expected, expected]);
}

#[tokio::test]
async fn graceful_shutdown_fails_no_call() {
    let vhost = Vhost::create().await;
    for printed in output("graceful_shutdown", &vhost).await {
        let lines: Vec<_> = printed.lines().collect();
        assert!(lines[0].starts_with("server A stopped, and requeued "), "{printed}");
        let answers: Vec<_> =
            lines[1..].iter().filter_map(|line| line.split_once(" ms on server ")).collect();
        let lasted: Vec<_> = answers.iter().map(|(millis, _)| *millis).collect();
        assert_eq!(lasted, ["100", "900", "100", "100"], "{printed}");
        assert!(answers.iter().all(|(_, server)| server.starts_with(['A', 'B'])), "{printed}");
    }
}
