use amqp_rpc::{Secret, rpc_service};

#[rpc_service]
trait Users {
    async fn create(&self, password: Secret<String>);
}

struct Log;

impl Users for Log {
    async fn create(&self, password: Secret<String>) {
        println!("{password}");
        let text: &str = &password;
        assert_eq!(password, Secret::from("hunter2"));
        let _ = text;
    }
}

fn main() {}
