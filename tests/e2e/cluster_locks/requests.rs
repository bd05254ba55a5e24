//! The partition of a request: chosen by the client, checked by the server.

use amqp_rpc::{CallError, Client, Execution, FaultCode, Server, server::ServiceOptions};
use serde_json::json;

use super::{Host, VmsClient, VmsServer};
use crate::{
    services::connect,
    support::{Program, Vhost, within},
};

/// `zlib.crc32(b"7") % 4` and `zlib.crc32(b"8") % 4`.
const KEY_OF_7: &str = "vms.look.2-of-4";
const QUEUE_OF_7: &str = "vms.lock.2-of-4";

#[tokio::test]
async fn a_request_goes_to_the_partition_of_its_key() {
    let vhost = Vhost::create().await;
    let server = Host::new().serve(vhost.uri()).await;
    let vms = VmsClient::new(connect(&vhost).await);
    let (routing_key, token) = within("a call", vms.look(7)).await.unwrap();
    assert_eq!(routing_key, KEY_OF_7);
    assert!(token.is_some());
    assert_eq!(within("a call without a lock", vms.list()).await.unwrap(), None);
    let queues = vhost.queues().await;
    for partition in 0..4 {
        assert!(queues.contains(&format!("vms.lock.{partition}-of-4")), "{queues:?}");
    }
    assert_eq!(server.queues(), ["vms"], "partitions belong to their queue");
    assert!(vhost.existing_queue("vms.lock.token").await.ready <= 1);
}

#[tokio::test]
async fn a_request_without_its_partition_is_told_its_routing_key() {
    let vhost = Vhost::create().await;
    let _server = Host::new().serve(vhost.uri()).await;
    let client = connect(&vhost).await;
    let error = within("a call", client.call_json("vms.look", json!({"id": 7}))).await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error}") };
    assert_eq!((fault.code(), error.execution()), (&FaultCode::BadRequest, Execution::Never));
    assert!(fault.message().contains(&format!("the routing key is `{KEY_OF_7}`")), "{fault}");

    let by_key = client.call_json("vms.look", json!({"id": 7})).routing_key(KEY_OF_7);
    assert_eq!(within("a call", by_key).await.unwrap()[0], KEY_OF_7);
    let elsewhere = client.call_json("vms.look", json!({"id": 7})).routing_key("vms.look.1-of-4");
    let error = within("a call", elsewhere).await.unwrap_err();
    assert!(error.to_string().contains("came through partition 1-of-4"), "{error}");
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn a_python_client_chooses_the_partition_by_crc_32() {
    let vhost = Vhost::create().await;
    let _server = Host::new().serve(vhost.uri()).await;
    for id in ["7", "8", "18446744073709551615"] {
        let arguments = format!("{{\"id\": {id}}}");
        let client = Program::python("call_locked.py", &["vms.look", id, "4", &arguments], &vhost.uri());
        let printed = client.finish().await.stdout_of_success();
        assert!(printed.starts_with("result [\"vms.look."), "{printed}");
    }
}

#[tokio::test]
async fn another_number_of_partitions_is_unroutable() {
    let vhost = Vhost::create().await;
    let _server = Host::new().serve(vhost.uri()).await;
    let client = connect(&vhost).await;
    let of_eight = client.call_json("vms.look", json!({"id": 7})).routing_key("vms.look.2-of-8");
    let error = within("a call", of_eight).await.unwrap_err();
    assert!(matches!(error, CallError::Unroutable(_)), "{error}");
}

#[tokio::test]
async fn a_notification_goes_through_its_partition_and_a_failed_one_to_the_dead_letters_of_the_queue() {
    let vhost = Vhost::create().await;
    let host = Host::new();
    let _server = host.serve(vhost.uri()).await;
    let client = connect(&vhost).await;
    within("a notification", VmsClient::new(client.clone()).stop(7, 1)).await.unwrap();
    host.gate.until_running(1).await;
    host.gate.open_for(1);
    assert_eq!(host.steps(), [1]);
    let peer = crate::support::RawPeer::connect(&vhost.uri()).await;
    peer.publish("amqp-rpc", "vms.stop.2-of-4", Default::default(), b"{}").await;
    crate::support::await_until("the dead letter", || async {
        vhost.existing_queue("vms.dead").await.ready == 1
    })
    .await;
}

#[tokio::test]
async fn a_namespace_and_another_queue_have_partitions_as_well() {
    let vhost = Vhost::create().await;
    let service = VmsServer::new(Host::new());
    let options = ServiceOptions::new().queue("machines");
    let server = Server::new().namespace("staging").service_with(service, options);
    let _server = within("the server", server.start(vhost.uri())).await.unwrap();
    let client = Client::builder().namespace("staging").connect(vhost.uri());
    let vms = VmsClient::new(within("the client", client).await.unwrap());
    assert_eq!(within("a call", vms.look(7)).await.unwrap().0, KEY_OF_7);
    assert!(vhost.queue_exists("staging.machines.lock.2-of-4").await);
    assert!(vhost.queue_exists("staging.machines.lock.token").await);
}

#[tokio::test]
async fn in_one_process_there_are_no_partitions_and_no_tokens() {
    let client = Client::in_process(VmsServer::new(Host::new()));
    let (_, token) = within("a call", VmsClient::new(client).look(7)).await.unwrap();
    assert_eq!(token, None);
}

#[tokio::test]
async fn a_queue_that_others_declare_needs_its_partitions() {
    use amqp_rpc::server::Declare;
    let vhost = Vhost::create().await;
    let passive = || Server::new().declare(Declare::Passive).service(VmsServer::new(Host::new()));
    let server = within("the first server", Host::new().serve(vhost.uri())).await;
    within("its end", server.shutdown()).await.unwrap();
    let second = within("the second server", passive().start(vhost.uri())).await.unwrap();
    let vms = VmsClient::new(connect(&vhost).await);
    assert_eq!(within("a call", vms.look(7)).await.unwrap().0, KEY_OF_7);
    within("its end", second.shutdown()).await.unwrap();
    vhost.delete_queue(QUEUE_OF_7).await;
    let error = within("the third server", passive().start(vhost.uri())).await.unwrap_err();
    assert!(error.to_string().contains(QUEUE_OF_7), "{error}");
}
