//! The contract of a service: from `--contract`, from the context, or from the servers.

mod cache;
mod file;
pub(crate) mod from_broker;
mod limits;
pub(crate) mod names;
mod text;
mod types;

use amqp_rpc::description::{MethodDescription, ServiceDescription};

pub(crate) use self::{
    file::read,
    limits::limits_of,
    text::{flags_of, kind_text, parameters, signature},
    types::type_of,
};
use crate::{exit::Exit, failure::Failure, session::Session};

/// A method, with the service that its references lead into.
#[derive(Clone, Debug)]
pub(crate) struct Method {
    pub(crate) service: ServiceDescription,
    pub(crate) method: MethodDescription,
}

/// The services of the file that `--contract`, or the context, names. `None` without one.
///
/// # Errors
/// When the file cannot be read.
pub(crate) async fn of_file(session: &Session) -> Result<Option<Vec<ServiceDescription>>, Failure> {
    if let Some(path) = &session.global.contract {
        return read(path).map(Some);
    }
    // Without a broker there is no context either, and the command may not need one.
    match session.broker().await {
        Ok(broker) => broker.contract.as_deref().map(read).transpose(),
        Err(_) => Ok(None),
    }
}

/// All services of the contract: of the file, else of the servers.
///
/// # Errors
/// When the file cannot be read, or the servers cannot be asked.
pub(crate) async fn all(session: &Session) -> Result<Vec<ServiceDescription>, Failure> {
    match of_file(session).await? {
        Some(services) => Ok(services),
        None => from_broker::all(session).await,
    }
}

/// The service of this name. `None` if no server has it, or its servers do not describe it.
///
/// # Errors
/// When the file cannot be read, or does not have it; when the broker cannot be reached.
pub(crate) async fn service(name: &str, session: &Session) -> Result<Option<ServiceDescription>, Failure> {
    match of_file(session).await? {
        Some(services) => find(name, services).map(Some),
        None => from_broker::describe(name, session).await,
    }
}

/// As [`service`], for commands that need it.
///
/// # Errors
/// As [`service`], and when nothing describes it.
pub(crate) async fn expect_service(name: &str, session: &Session) -> Result<ServiceDescription, Failure> {
    service(name, session).await?.ok_or_else(|| {
        Failure::new(Exit::Unroutable, format!("no server describes {name}"))
            .advice("`amqp-rpc list` shows the services that there are")
            .advice("servers answer unless reflection is off; --contract FILE takes their place")
    })
}

/// The method of this full name. `None` as for [`service`].
///
/// # Errors
/// As [`service`], and when the service has no such method.
pub(crate) async fn method(full_name: &str, session: &Session) -> Result<Option<Method>, Failure> {
    let name = full_name.rsplit_once('.').map_or(full_name, |(service, _)| service);
    let Some(service) = service(name, session).await? else { return Ok(None) };
    // A description without methods says nothing about them.
    if service.methods.is_empty() {
        return Ok(None);
    }
    method_of(service, full_name).map(Some)
}

/// As [`method`], for commands that need it.
///
/// # Errors
/// As [`method`], and when nothing describes it.
pub(crate) async fn expect_method(full_name: &str, session: &Session) -> Result<Method, Failure> {
    let name = full_name.rsplit_once('.').map_or(full_name, |(service, _)| service);
    method_of(expect_service(name, session).await?, full_name)
}

/// # Errors
/// When the service has no method of this name; the advice lists those that it has.
pub(crate) fn method_of(service: ServiceDescription, full_name: &str) -> Result<Method, Failure> {
    match service.methods.iter().find(|method| method.full_name == full_name) {
        Some(method) => Ok(Method { method: method.clone(), service }),
        None => {
            let names: Vec<_> = service.methods.iter().map(|method| method.full_name.as_str()).collect();
            Err(Failure::new(Exit::Unroutable, format!("{} has no method {full_name}", service.service))
                .advice(format!("it has: {}", names.join(", "))))
        }
    }
}

fn find(name: &str, services: Vec<ServiceDescription>) -> Result<ServiceDescription, Failure> {
    let names: Vec<_> = services.iter().map(|service| service.service.clone()).collect();
    services.into_iter().find(|service| service.service == name).ok_or_else(|| {
        Failure::new(Exit::Unroutable, format!("the contract has no service {name}"))
            .advice(format!("it has: {}", names.join(", ")))
    })
}
