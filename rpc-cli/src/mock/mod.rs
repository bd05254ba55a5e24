//! `mock`: serves a contract with made-up replies that obey it.

mod method;

use std::{path::PathBuf, pin::pin, sync::Arc, time::Duration};

use amqp_rpc::{
    RunningServer, Server,
    description::{LockScope, MethodDescription, MethodKind, ServiceDescription},
    error::StartError,
    middleware::IncomingCall,
};
use clap::{Args, ValueHint};
use serde_json::json;

use self::method::{Behaviour, MockMethod};
use crate::{
    connection::{self, chain},
    contract::{self, kind_text},
    exit::Exit,
    failure::Failure,
    global, interrupt,
    output::Rows,
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct MockArgs {
    /// The contract: an AsyncAPI document, a description or a list of descriptions; - for stdin.
    #[arg(value_name = "CONTRACT", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Serve only this service. May be given several times.
    #[arg(long = "service", value_name = "NAME")]
    services: Vec<String>,
    /// Another seed gives other replies. With the same one, the first, second, .. reply of a method is the same each
    /// time.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Reply after so long.
    #[arg(long, value_name = "TIME", value_parser = global::duration)]
    delay: Option<Duration>,
    /// The part of the calls that end with an error of their method, from 0 to 1. Methods without one succeed.
    #[arg(long, value_name = "RATE", default_value_t = 0.0, value_parser = share)]
    errors: f64,
    /// Serve also where other servers consume the queue: then requests go to either.
    #[arg(long)]
    beside_others: bool,
}

/// Prints what is served when it is. Ends with Ctrl-C.
pub(crate) async fn run(args: MockArgs, session: &Session) -> Result<(), Failure> {
    let services = select(contract::read(&args.file)?, &args.services)?;
    let behaviour = Behaviour { seed: args.seed, delay: args.delay, errors: args.errors };
    let plan = Plan::of(&services, behaviour)?;
    let start = async {
        if !args.beside_others {
            plan.check_unserved(session).await?;
        }
        plan.start(session).await
    };
    // One for both steps: it is not missed in between.
    let mut stop = pin!(interrupt::pressed());
    let server = tokio::select! {
        () = &mut stop => return Ok(()),
        server = start => server?,
    };
    session.output.rows(plan.rows())?;
    let report = server.run_until(stop).await;
    report
        .map(drop)
        .map_err(|error| Failure::new(Exit::Connect, format!("the mock ended: {}", chain(&error))))
}

fn select(services: Vec<ServiceDescription>, names: &[String]) -> Result<Vec<ServiceDescription>, Failure> {
    if let Some(missing) = names.iter().find(|name| !services.iter().any(|service| service.service == **name))
    {
        let there: Vec<_> = services.iter().map(|service| service.service.as_str()).collect();
        return Err(Failure::usage(format!("the contract has no service {missing}"))
            .advice(format!("it has: {}", there.join(", "))));
    }
    let is_selected = |service: &ServiceDescription| names.is_empty() || names.contains(&service.service);
    Ok(services.into_iter().filter(is_selected).collect())
}

/// What is served, and what is not, with the reason.
struct Plan {
    served: Vec<Arc<MockMethod>>,
    rows: Vec<(MethodDescription, Option<&'static str>)>,
}

impl Plan {
    /// # Errors
    /// When no value obeys the schema of a reply, or nothing can be served.
    fn of(services: &[ServiceDescription], behaviour: Behaviour) -> Result<Self, Failure> {
        let (mut served, mut rows) = (Vec::new(), Vec::new());
        for service in services {
            let service = Arc::new(service.clone());
            for method in &service.methods {
                let why_not = not_served(method);
                if why_not.is_none() {
                    served.push(Arc::new(MockMethod::new(&service, method, behaviour)?));
                }
                rows.push((method.clone(), why_not));
            }
        }
        if served.is_empty() {
            return Err(Failure::usage("the contract has no method that can be served")
                .advice("events are published, not served: see `amqp-rpc publish`"));
        }
        Ok(Self { served, rows })
    }

    /// # Errors
    /// When a queue has consumers: the mock would take requests away from them.
    async fn check_unserved(&self, session: &Session) -> Result<(), Failure> {
        let connection =
            connection::direct(&session.connect_options().await?, session.place().await?, 0).await?;
        let namespace = session.namespace().await?;
        let mut queues: Vec<_> = self.served.iter().map(|method| method.queue(namespace)).collect();
        queues.sort();
        queues.dedup();
        for queue in queues {
            let status = connection.queue_status(&queue).await;
            let status = status.map_err(|error| connection::broken(&queue, &error))?;
            if let Some(status) = status.filter(|status| status.consumers > 0) {
                let text = format!("{queue} has {} consumers: its servers run", status.consumers);
                return Err(Failure::usage(text)
                    .advice("stop them, or use --namespace NAME here and for the calls")
                    .advice("--beside-others shares their requests"));
            }
        }
        connection.close().await;
        Ok(())
    }

    async fn start(&self, session: &Session) -> Result<RunningServer, Failure> {
        // It would describe what serves the methods, which takes anything, and not the contract.
        let mut server = Server::new().reflection(false);
        if let Some(namespace) = session.namespace().await? {
            server = server.namespace(namespace);
        }
        for method in &self.served {
            let served = Arc::clone(method);
            server = server.raw(method.address(), move |call: IncomingCall| {
                let served = Arc::clone(&served);
                async move { served.reply(&call).await }
            });
        }
        let started = server.start(session.connect_options().await?).await;
        let place = session.place().await?;
        started.map_err(|error| match error {
            StartError::Connect(error) => connection::refused(&error, place),
            error => Failure::new(Exit::Connect, format!("{place}: {}", chain(&error))).advice(
                "a mock declares queues as a server does by default; use --namespace NAME beside others",
            ),
        })
    }

    fn rows(&self) -> Rows<'static> {
        let mut rows = Rows::new(&["method", "kind", "served"]);
        for (method, why_not) in &self.rows {
            let kind = kind_text(method.kind);
            let served = why_not.map_or_else(|| "yes".to_owned(), |why| format!("no: {why}"));
            rows.push(
                vec![method.full_name.clone(), kind.to_owned(), served],
                json!({ "method": method.full_name, "kind": kind, "served": why_not.is_none(), "why_not": why_not }),
            );
        }
        rows
    }
}

/// Why a method is not served.
fn not_served(method: &MethodDescription) -> Option<&'static str> {
    match method.kind {
        MethodKind::Event => return Some("events are published, not served"),
        MethodKind::Call | MethodKind::Notify => {}
        _ => return Some("its kind is of a later version"),
    }
    let scope = method.lock.as_ref().map(|lock| lock.scope);
    (scope == Some(LockScope::Cluster)).then_some("a lock of a cluster needs its server")
}

/// A part of all, from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("write a number from 0 to 1, such as 0.1".to_owned()),
    }
}
