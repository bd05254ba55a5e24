//! The dialects that the echo can be called and served in, to count their cost.

use amqp_rpc::{
    Server,
    client::ClientBuilder,
    contract::Service,
    dialects::{AioPika, Celery, Cyberfusion, FastStream, Golevelup, Nameko, NestJs, Tutorial},
};

/// A dialect by its name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dialect {
    AioPika,
    Celery,
    Cyberfusion,
    FastStream,
    Golevelup,
    Nameko,
    NestJs,
    Tutorial,
}

impl Dialect {
    pub(super) fn add_to_server<S: Service>(self, server: Server, service: S) -> Server {
        match self {
            Self::AioPika => server.service_in(service, AioPika::new()),
            Self::Celery => server.service_in(service, Celery::new()),
            Self::Cyberfusion => server.service_in(service, cyberfusion()),
            Self::FastStream => server.service_in(service, FastStream::new()),
            Self::Golevelup => server.service_in(service, Golevelup::new()),
            Self::Nameko => server.service_in(service, Nameko::new()),
            Self::NestJs => server.service_in(service, NestJs::new()),
            Self::Tutorial => server.service_in(service, Tutorial::new()),
        }
    }

    pub(super) fn add_to_client(self, client: ClientBuilder) -> ClientBuilder {
        match self {
            Self::AioPika => client.dialect(AioPika::new()),
            Self::Celery => client.dialect(Celery::new()),
            Self::Cyberfusion => client.dialect(cyberfusion()),
            Self::FastStream => client.dialect(FastStream::new()),
            Self::Golevelup => client.dialect(Golevelup::new()),
            Self::Nameko => client.dialect(Nameko::new()),
            Self::NestJs => client.dialect(NestJs::new()),
            Self::Tutorial => client.dialect(Tutorial::new()),
        }
    }
}

/// A number is no value of this wire, so it is a member of one.
fn cyberfusion() -> Cyberfusion {
    Cyberfusion::new("throughput.cyberfusion").values_in("value")
}
