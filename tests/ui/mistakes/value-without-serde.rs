//! The values that two methods return have no serde derives.

struct Point;

#[amqp_rpc::rpc_service]
trait Geometry {
    async fn origin(&self) -> Point;
    async fn corners(&self) -> Vec<Point>;
}

fn main() {}
