//! The type of a parameter can be sent but not received.

#[derive(serde::Serialize)]
struct Point {
    x: u64,
}

#[amqp_rpc::rpc_service]
trait Geometry {
    async fn distance(&self, point: Point) -> u64;
}

fn main() {}
