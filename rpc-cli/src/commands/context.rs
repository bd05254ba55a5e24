//! `context`: named brokers.

use clap::{ArgGroup, Args, Subcommand};
use serde_json::json;

use crate::{
    connection::{
        BrokerUrl,
        contexts::{Context, Contexts},
    },
    failure::Failure,
    output::Rows,
    session::Session,
};

#[derive(Debug, Subcommand)]
pub(crate) enum ContextCommand {
    /// Name a broker: the one of --url, with --namespace and --contract if they are given.
    Add(AddArgs),
    /// Use a named broker from now on.
    Use(NameArgs),
    /// List the named brokers.
    List,
    /// Forget a named broker.
    Rm(NameArgs),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("password").multiple(false))]
pub(crate) struct AddArgs {
    /// The name.
    name: String,
    /// A shell command that prints the password, such as `pass show rabbit`. It is run for each connection.
    #[arg(long, value_name = "COMMAND", group = "password")]
    password_command: Option<String>,
    /// The environment variable that has the password.
    #[arg(long, value_name = "VARIABLE", group = "password")]
    password_env: Option<String>,
    /// Store the password of the URL in clear, in a file that only you can read.
    #[arg(long, group = "password")]
    store_password: bool,
    /// Use it from now on.
    #[arg(long = "use")]
    selects: bool,
}

#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// The name.
    name: String,
}

pub(crate) fn run(command: ContextCommand, session: &Session) -> Result<(), Failure> {
    match command {
        ContextCommand::Add(args) => add(args, session),
        ContextCommand::Use(args) => change(|contexts| contexts.select(&args.name)),
        ContextCommand::List => list(session),
        ContextCommand::Rm(args) => change(|contexts| contexts.remove(&args.name)),
    }
}

fn add(args: AddArgs, session: &Session) -> Result<(), Failure> {
    let Some(url) = &session.global.url else {
        return Err(
            Failure::usage("the broker has no address").advice("give --url amqp://user@host:5672/vhost")
        );
    };
    if args.name.is_empty() || args.name.chars().any(char::is_control) {
        return Err(Failure::usage("a context needs a name, without control characters"));
    }
    if BrokerUrl::new(url).has_password() && !args.store_password {
        return Err(Failure::usage("the URL has a password, which is not stored in clear")
            .advice("leave it out, and give --password-command 'pass show rabbit' or --password-env RABBIT_PASSWORD")
            .advice("or say --store-password to store it in clear, in a file that only you can read"));
    }
    // Commands run in other folders.
    let contract = session.global.contract.as_deref().map(std::path::absolute).transpose();
    let contract = contract.map_err(|error| Failure::usage(error.to_string()))?;
    let context = Context {
        url: url.clone(),
        password_command: args.password_command,
        password_env: args.password_env,
        namespace: session.global.namespace.clone(),
        contract,
    };
    change(|contexts| {
        contexts.insert(args.name.clone(), context);
        if args.selects { contexts.select(&args.name) } else { Ok(()) }
    })
}

fn change(change: impl FnOnce(&mut Contexts) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut contexts = Contexts::load()?;
    change(&mut contexts)?;
    contexts.save()
}

fn list(session: &Session) -> Result<(), Failure> {
    let contexts = Contexts::load()?;
    let mut rows = Rows::new(&["used", "name", "url", "password", "namespace", "contract"]);
    for (name, context) in contexts.iter() {
        let is_used = contexts.selected() == Some(name);
        let url = BrokerUrl::new(&context.url);
        let password = match context {
            Context { password_command: Some(_), .. } => "command",
            Context { password_env: Some(_), .. } => "environment",
            _ if url.has_password() => "stored",
            _ => "none",
        };
        let contract = context.contract.as_ref().map(|path| path.display().to_string());
        rows.push(
            vec![
                if is_used { "*" } else { "" }.to_owned(),
                name.clone(),
                url.to_string(),
                password.to_owned(),
                context.namespace.clone().unwrap_or_default(),
                contract.clone().unwrap_or_default(),
            ],
            json!({
                "name": name, "used": is_used, "url": url.to_string(), "password": password,
                "namespace": context.namespace, "contract": contract,
            }),
        );
    }
    session.output.rows(rows)
}
