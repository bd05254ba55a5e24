//! Frames of 8 KiB, the shortest limit that RabbitMQ accepts since 4.1.

use amqp_rpc::{CallError, Client, Execution, Server, rpc_service};

use crate::{
    services::{FibClient, FibServer, Fibonacci},
    support::{Proxy, Vhost, proxy::Toward, within},
};

#[rpc_service]
trait Echo {
    async fn repeat(&self, text: String) -> String;
}

struct Repeat;

impl Echo for Repeat {
    async fn repeat(&self, text: String) -> String {
        text
    }
}

#[tokio::test]
async fn frames_of_8_kib_carry_bodies_of_any_size_and_refuse_larger_headers_at_the_client() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let uri = format!("{}?frame_max=8192", proxy.uri());
    let server = Server::new().service(EchoServer::new(Repeat)).service(FibServer::new(Fibonacci));
    let _server = within("the server", server.start(&uri)).await.unwrap();
    let client = within("the client", Client::connect(&uri)).await.unwrap();
    let echo = EchoClient::new(client.clone());
    for bytes in [0, 8_000, 8_192, 100_000] {
        let text = "x".repeat(bytes);
        assert_eq!(within("the echo", echo.repeat(text.clone())).await.unwrap(), text);
    }

    // 3 KiB of a frame are reserved for what is not a header.
    let fib = FibClient::new(client.clone());
    let text = |bytes| "x".repeat(bytes);
    assert_eq!(within("the call", fib.compute(10).header("fits", text(5_000))).await.unwrap(), 55);
    let error = within("the refusal", fib.compute(10).header("large", text(5_200))).await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error:?}");
    assert_eq!(error.execution(), Execution::Never);
    assert_eq!(client.state().epoch(), Some(1), "it costs no connection");
    for toward in [Toward::Broker, Toward::Client] {
        let longest = proxy.longest_frame(toward);
        assert!((7_000..=8_192).contains(&longest), "{toward:?}: {longest} bytes");
    }
}
