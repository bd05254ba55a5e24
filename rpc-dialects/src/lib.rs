//! Dialects of `amqp-rpc`: the wires of other frameworks, for services that their programs call, and for calls of services
//! that they serve.
//!
//! Depend on `amqp-rpc` with its feature `dialects`, which re-exports this crate as `amqp_rpc::dialects`. Each type here is
//! a dialect for one side or for both: give it to `Server::service_in` or to `ClientBuilder::dialect`.
//!
//! Imports run one way: the dialects import `json`, `names`, `plain_text` and `text`, and nothing of each other; `testing`
//! imports none of them.

mod aio_pika;
mod celery;
mod cyberfusion;
mod faststream;
mod golevelup;
mod json;
mod kanin;
mod kombu;
mod nameko;
mod names;
mod nestjs;
mod plain_text;
pub mod testing;
mod text;
mod tutorial;

pub use aio_pika::AioPika;
pub use celery::Celery;
pub use cyberfusion::Cyberfusion;
pub use faststream::FastStream;
pub use golevelup::Golevelup;
pub use kanin::Kanin;
pub use nameko::Nameko;
pub use nestjs::NestJs;
pub use text::Text;
pub use tutorial::Tutorial;
