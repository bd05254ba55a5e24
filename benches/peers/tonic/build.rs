//! The client and the server of the echo, described here: there is no protobuf compiler to install.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let method = |name: &str, route: &str, message: &str| {
        Method::builder()
            .name(name)
            .route_name(route)
            .input_type(message)
            .output_type(message)
            .codec_path("tonic_prost::ProstCodec")
            .build()
    };
    let echo = Service::builder()
        .name("Echo")
        .package("peers")
        .method(method("number", "Number", "crate::messages::Number"))
        .method(method("text", "Text", "crate::messages::Text"))
        .build();
    Builder::new().compile(&[echo]);
}
