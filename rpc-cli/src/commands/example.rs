//! `example`: a broker with the service of `--example`, for other programs to use.

use clap::Args;

use crate::{example::Example, failure::Failure, interrupt, session::Session};

#[derive(Debug, Args)]
pub(crate) struct ExampleArgs {
    /// The port of the broker, on 127.0.0.1. Default: a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// Prints the URL when both can be used.
pub(crate) async fn run(args: ExampleArgs, session: &Session) -> Result<(), Failure> {
    let example = Example::start(args.port).await?;
    session.output.line(&format!("AMQP_URL={}", example.url()))?;
    session.note(format_args!("`amqp-rpc list` with this URL shows its service; Ctrl-C ends both"));
    interrupt::pressed().await;
    Ok(())
}
