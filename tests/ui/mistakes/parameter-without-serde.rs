//! The type of a parameter has no serde derives.

struct Point {
    x: u64,
}

#[amqp_rpc::rpc_service]
trait Geometry {
    async fn distance(&self, point: Point) -> u64;
}

fn main() {}
