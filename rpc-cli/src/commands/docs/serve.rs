//! `docs serve`: the page over HTTP, and calls from it if they are asked for.

use std::net::SocketAddr;

use amqp_rpc::docs::server::{DocsServer, RunningDocsServer};
use clap::Args;

use super::described::DescribedArgs;
use crate::{failure::Failure, interrupt, session::Session};

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    described: DescribedArgs,
    /// Where the page is served; port 0 is a free one. There are neither users nor TLS: who reaches the address reads it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Answer requests for this host as well; others must name an IP address or localhost.
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// Give the page a form for each call. Who reaches the address then calls with the permissions of this command.
    #[arg(long)]
    try_it: bool,
}

/// Prints the address when the page can be opened. Ends at Ctrl-C.
pub(crate) async fn run(args: ServeArgs, session: &Session) -> Result<(), Failure> {
    let server = tokio::select! {
        () = interrupt::pressed() => return Err(Failure::interrupted()),
        server = start(args, session) => server?,
    };
    session.output.line(&server.url())?;
    session.note(format_args!("Ctrl-C ends it"));
    interrupt::pressed().await;
    server.shutdown().await;
    Ok(())
}

async fn start(args: ServeArgs, session: &Session) -> Result<RunningDocsServer, Failure> {
    let (services, info) = args.described.find(session).await?;
    let mut server = DocsServer::new(services, info).address(args.listen);
    for name in args.host {
        server = server.host(name);
    }
    if args.try_it {
        server = server.try_it(session.client().await?).try_timeout(session.timeout());
    }
    server.start().await.map_err(|error| {
        Failure::usage(format!("listening on {}: {error}", args.listen))
            .advice("--listen 127.0.0.1:0 takes a free port")
    })
}
