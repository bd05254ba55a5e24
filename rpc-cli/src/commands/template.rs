//! `template`: a body for a method, to fill in.

use amqp_rpc::docs::sample::Samples;
use clap::Args;

use crate::{contract, failure::Failure, form::Form, session::Session};

#[derive(Debug, Args)]
pub(crate) struct TemplateArgs {
    /// The method, such as `shop.price`.
    #[arg(value_name = "SERVICE.METHOD", add = contract::names::methods())]
    method: String,
}

/// The first example of the contract, else a body with every member.
pub(crate) async fn run(args: TemplateArgs, session: &Session) -> Result<(), Failure> {
    let found = contract::expect_method(&args.method, session).await?;
    if found.method.raw_request {
        return Err(Failure::usage(format!("{} takes bytes of any type", args.method))
            .advice("send a file as it is: --raw and @FILE"));
    }
    let body = match found.method.examples.first() {
        Some(example) => example.clone(),
        None => Samples::new(found.service.schemas)
            .template(&found.method.request)
            .map_err(|error| Failure::usage(format!("no body of {} can be made: {error}", args.method)))?,
    };
    // To be edited: indented, unless another form is asked for.
    session.output.line(&session.global.output.unwrap_or(Form::Pretty).text_of(&body))
}
