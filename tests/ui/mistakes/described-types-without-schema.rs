//! The types of a trait that is described have no JSON Schema.

#[derive(serde::Serialize, serde::Deserialize)]
struct Point {
    x: u64,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Distance(u64);

#[amqp_rpc::rpc_service(schema)]
trait Geometry {
    async fn distance(&self, point: Point) -> Distance;
}

fn main() {}
