//! A node with TLS, certificates of the test, and EXTERNAL logins.

use std::{net::TcpListener, ops::Deref};

use uuid::Uuid;

use super::private::{Configuration, PrivateNode};
use crate::support::certificates::{Authority, Certified, pem_file};

/// A private node with a port for TLS beside the plain one.
#[derive(Debug)]
pub(crate) struct TlsNode {
    node: PrivateNode,
    port: u16,
}

/// Starts a node that presents `server` and requests, without requiring, certificates of `authority`. A
/// client with one may log in as the user that its common name names.
pub(crate) async fn tls_node(authority: &Authority, server: &Certified) -> TlsNode {
    let port = free_port();
    let file = |name, content: &str| pem_file(name, content).display().to_string();
    let conf = [
        format!("listeners.ssl.1 = 127.0.0.1:{port}"),
        format!("ssl_options.cacertfile = {}", file("ca.pem", authority.pem())),
        format!("ssl_options.certfile = {}", file("server.pem", &server.certificate)),
        format!("ssl_options.keyfile = {}", file("server.key", &server.key)),
        "ssl_options.verify = verify_peer".into(),
        "ssl_options.fail_if_no_peer_cert = false".into(),
        "auth_mechanisms.1 = PLAIN".into(),
        "auth_mechanisms.2 = EXTERNAL".into(),
        "ssl_cert_login_from = common_name\n".into(),
    ];
    let plugins = "[rabbitmq_auth_mechanism_ssl].";
    let configuration = Configuration { conf: &conf.join("\n"), plugins, ..Default::default() };
    TlsNode { node: PrivateNode::start_with(configuration).await, port }
}

impl TlsNode {
    /// The TLS address: `amqps://{user_info}host:port`.
    pub(crate) fn uri(&self, user_info: &str) -> String {
        format!("amqps://{user_info}localhost:{}", self.port)
    }

    /// The same port with `amqp://`.
    pub(crate) fn plain_uri(&self) -> String {
        self.uri("").replacen("amqps://", "amqp://", 1)
    }

    /// Makes a user without a password, who may do everything in the default virtual host.
    pub(crate) async fn add_user_without_password(&self, user: &str) {
        let (name, by) = (format!("<<\"{user}\">>"), "<<\"tests\">>");
        let any = "<<\".*\">>";
        let add = format!(
            "ok = rabbit_auth_backend_internal:add_user({name}, <<\"unused\">>, {by}),
             ok = rabbit_auth_backend_internal:clear_password({name}, {by}),
             rabbit_auth_backend_internal:set_permissions({name}, <<\"/\">>, {any}, {any}, {any}, {by})"
        );
        assert_eq!(self.node().eval(&add).await, "ok");
    }
}

impl Deref for TlsNode {
    type Target = PrivateNode;

    fn deref(&self) -> &PrivateNode {
        &self.node
    }
}

/// A free port, because RabbitMQ chooses none itself. Below the ports of `scripts/rabbitmq.sh` and of
/// outgoing connections.
fn free_port() -> u16 {
    loop {
        let port = 12_000 + (Uuid::new_v4().as_u128() % 8_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
