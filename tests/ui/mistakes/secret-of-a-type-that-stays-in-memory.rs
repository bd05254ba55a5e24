use amqp_rpc::Secret;

#[derive(serde::Serialize, serde::Deserialize)]
struct Login {
    user: String,
    pin: u16,
}

struct User {
    login: Secret<Login>,
}

fn main() {}
