//! `describe`: a service or a method, for people, or its description as JSON.

use amqp_rpc::{
    description::{MethodDescription, ServiceDescription},
    docs::json_schema::definition_of,
};
use clap::Args;
use serde_json::{Value, json};

use crate::{
    contract::{self, Method, flags_of, kind_text, limits_of, parameters, signature, type_of},
    failure::Failure,
    form::Form,
    output::printable,
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct DescribeArgs {
    /// A service, or a method as SERVICE.METHOD.
    #[arg(value_name = "SERVICE[.METHOD]", add = contract::names::both())]
    name: String,
}

pub(crate) async fn run(args: DescribeArgs, session: &Session) -> Result<(), Failure> {
    let is_table = session.output.form() == Form::Table;
    match find(&args.name, session).await? {
        Found::Service(service) if is_table => session.output.line(&of_service(&service)),
        Found::Service(service) => session.output.value(&json!(service)),
        Found::Method(found) if is_table => session.output.line(&of_method(&found)),
        Found::Method(found) => {
            let mut value = json!(found.method);
            value["schemas"] = json!(found.service.schemas);
            session.output.value(&value)
        }
    }
}

enum Found {
    Service(ServiceDescription),
    Method(Box<Method>),
}

/// A name with a dot is a method, or a service with a dot in its name.
async fn find(name: &str, session: &Session) -> Result<Found, Failure> {
    let Some((of, _)) = name.rsplit_once('.') else {
        return contract::expect_service(name, session).await.map(Found::Service);
    };
    // The service of the method is likely. Where there is none, the error is that of the whole name.
    if let Ok(Some(service)) = contract::service(of, session).await
        && !service.methods.is_empty()
    {
        let found = contract::method_of(service, name);
        return match found {
            Ok(method) => Ok(Found::Method(Box::new(method))),
            Err(failure) => {
                contract::service(name, session).await.ok().flatten().map(Found::Service).ok_or(failure)
            }
        };
    }
    contract::expect_service(name, session).await.map(Found::Service)
}

fn of_service(service: &ServiceDescription) -> String {
    let version = service.version.as_ref().map_or(String::new(), |version| format!(" {version}"));
    let mut text = format!("{}{version}\n", service.service);
    text += &indented(service.docs.as_deref(), 2);
    for method in &service.methods {
        text += &format!("\n  {} {}\n", kind_text(method.kind), signature(method));
        // Its first line: `describe SERVICE.METHOD` shows the rest.
        text += &indented(method.docs.as_deref().and_then(|docs| docs.lines().next()), 6);
    }
    text.trim_end().to_owned()
}

fn of_method(Method { service, method }: &Method) -> String {
    let mut text = format!("{} {}\n", kind_text(method.kind), method.full_name);
    text += &format!("  {}\n", signature(method));
    text += &indented(method.docs.as_deref(), 2);
    let flags = flags_of(method);
    if !flags.is_empty() {
        text += &format!("\n  {flags}\n");
    }
    text += &parameters_of(method);
    text += &types_of(service, method);
    for example in &method.examples {
        text += &format!("\n  example: amqp-rpc {} {} '{example}'\n", verb_of(method), method.full_name);
    }
    text.trim_end().to_owned()
}

/// The command that sends requests of a method.
fn verb_of(method: &MethodDescription) -> &'static str {
    match kind_text(method.kind) {
        "notification" => "notify",
        "event" => "publish",
        _ => "call",
    }
}

fn parameters_of(method: &MethodDescription) -> String {
    if method.bare {
        return String::new();
    }
    let mut text = String::new();
    for (name, schema, is_required) in parameters(method) {
        let needed = if is_required { "required" } else { "optional" };
        let limits = Some(limits_of(schema)).filter(|limits| !limits.is_empty());
        let notes = [Some(needed.to_owned()), limits].into_iter().flatten().collect::<Vec<_>>().join(", ");
        text += &format!("\n  {name}: {} ({notes})\n", type_of(schema));
        text += &indented(schema.get("description").and_then(Value::as_str), 6);
    }
    text
}

/// The types that its messages name.
fn types_of(service: &ServiceDescription, method: &MethodDescription) -> String {
    let roots = [Some(&method.request), method.reply.as_ref(), method.error.as_ref()];
    let mut names = Vec::new();
    for root in roots.into_iter().flatten() {
        collect(root, service, &mut names);
    }
    let mut text = String::new();
    for name in names {
        let Some(schema) = service.schemas.get(&name) else { continue };
        text += &format!("\n  type {name} = {}\n", type_of(schema));
        text += &indented(schema.get("description").and_then(Value::as_str), 6);
    }
    text
}

/// The most types that are shown.
const MAX_TYPES: usize = 64;

/// Adds the names of the definitions that a schema leads to, each once: so it ends with circles as well.
fn collect(schema: &Value, service: &ServiceDescription, names: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(name) = members.get("$ref").and_then(Value::as_str).and_then(definition_of)
                && names.len() < MAX_TYPES
                && !names.contains(&name)
                && let Some(definition) = service.schemas.get(&name)
            {
                names.push(name);
                collect(definition, service, names);
            }
            members.values().for_each(|member| collect(member, service, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, service, names)),
        _ => {}
    }
}

fn indented(text: Option<&str>, by: usize) -> String {
    let margin = " ".repeat(by);
    let lines = text.into_iter().flat_map(str::lines);
    lines.map(|line| format!("{}\n", format!("{margin}{}", printable(line)).trim_end())).collect()
}
