//! What a method returns has no serde derives, in two places.

struct Point;

#[amqp_rpc::rpc_service]
trait Geometry {
    async fn origin(&self) -> Point;
    async fn corners(&self) -> Vec<Point>;
}

fn main() {}
