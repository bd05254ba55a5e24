//! An alias hides that the method returns a `Result`.

type Answer<T> = Result<T, String>;

#[amqp_rpc::rpc_service]
trait Fib {
    async fn compute(&self, n: u64) -> Answer<u64>;
    #[rpc(blocking)]
    fn total(&self, n: Vec<u64>) -> Answer<()>;
}

fn main() {}
