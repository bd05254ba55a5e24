//! A method: its signature first, then what it takes and answers, how it is called, and what travels.

use amqp_rpc_contract::description::{Deprecation, MethodDescription, MethodKind, ServiceDescription};
use serde_json::Value;

use super::{Extras, body, command, example, field, limits, markdown, scope::Scope, text::Text, wire};
use crate::asyncapi::semantics;

/// A method at its place in the page.
#[derive(Debug)]
pub(super) struct Method<'a> {
    pub(super) service: &'a ServiceDescription,
    /// Its position in the service.
    pub(super) position: usize,
    pub(super) anchor: &'a str,
}

impl Method<'_> {
    fn description(&self) -> &MethodDescription {
        &self.service.methods[self.position]
    }

    pub(super) fn write(&self, out: &mut String, scope: &Scope<'_>, extras: Extras<'_>) {
        let method = self.description();
        let name = Text::name(&method.full_name);
        let anchor = self.anchor;
        let summary = markdown::summary(method.docs.as_deref().unwrap_or_default());
        out.push_str(&format!(
            "<article id=\"{anchor}\" data-find=\"{name} {}\">\n<h3><a href=\"#{anchor}\">{name}</a> {}</h3>\n\
             <pre class=\"signature\"><code>{}</code></pre>\n",
            Text::cut(&summary, limits::NAME),
            kind(method),
            signature(method, scope),
        ));
        if let Some(deprecation) = &method.deprecated {
            deprecated(out, deprecation);
        }
        markdown::write(out, method.docs.as_deref().unwrap_or_default());
        let semantics = semantics(method);
        if !semantics.is_empty() {
            out.push_str("<p class=\"note\">");
            markdown::inline(out, markdown::cut(&semantics.join(" "), limits::CELL));
            out.push_str("</p>\n");
        }
        body::write(out, method, scope);
        let examples = example::of(method, scope);
        call(out, method, &examples);
        let own_name = (self.service.service.clone(), method.name.clone());
        if extras.try_it.is_some_and(|callable| callable.contains(&own_name)) {
            self.form(out, examples.first());
        }
        wire::write(out, method);
        body::schemas(out, method);
        out.push_str("</article>\n");
    }

    /// It is hidden until the script shows it: without the script it could send nothing.
    fn form(&self, out: &mut String, body: Option<&Value>) {
        let path = format!(
            "try/{}/{}",
            percent_encoded(&self.service.service),
            percent_encoded(&self.description().name)
        );
        let body = super::json::lines(body.unwrap_or(&Value::Null));
        out.push_str(&format!(
            "<form data-try=\"{path}\" hidden><h4>Try it</h4>\n<label>Body <textarea name=\"body\" rows=\"{}\" \
             spellcheck=\"false\" autocomplete=\"off\">\n{}</textarea></label>\n<button>Send</button>\n\
             <pre role=\"status\" hidden></pre></form>\n",
            body.lines().count().clamp(2, 12),
            Text::whole(&body),
        ));
    }
}

fn kind(method: &MethodDescription) -> String {
    let kind = match method.kind {
        MethodKind::Call => "call",
        MethodKind::Notify => "notification",
        MethodKind::Event => "event",
        _ => "unknown kind",
    };
    let deprecated =
        if method.deprecated.is_some() { " <span class=\"tag warn\">deprecated</span>" } else { "" };
    format!("<span class=\"tag\">{kind}</span>{deprecated}")
}

/// The types of the parameters and of the result, as HTML.
fn signature(method: &MethodDescription, scope: &Scope<'_>) -> String {
    let mut signature = format!("{}(", Text::name(&method.name));
    if method.raw_request {
        signature.push_str("bytes");
    } else if method.bare {
        signature.push_str(&field::type_of(&method.request, scope));
    } else {
        let members = method.request.get("properties").and_then(Value::as_object);
        let parameters = method.parameters.iter().take(limits::ALTERNATIVES).map(|name| {
            let of = members.and_then(|members| members.get(name));
            let of = of.map_or_else(|| "any".to_owned(), |schema| field::type_of(schema, scope));
            format!("{}: {of}", Text::name(name))
        });
        signature.push_str(&parameters.collect::<Vec<_>>().join(", "));
        if method.parameters.len() > limits::ALTERNATIVES {
            signature.push_str(", …");
        }
    }
    signature.push(')');
    if !matches!(method.kind, MethodKind::Notify | MethodKind::Event) {
        let reply = method.reply.as_ref().map(|reply| field::type_of(reply, scope));
        let reply = if method.raw_reply { Some("bytes".to_owned()) } else { reply };
        signature.push_str(&format!(" → {}", reply.as_deref().unwrap_or("any")));
        if let Some(error) = &method.error {
            signature.push_str(&format!(", or error {}", field::type_of(error, scope)));
        }
    }
    signature
}

/// The command, to be copied, and the bodies.
fn call(out: &mut String, method: &MethodDescription, examples: &[Value]) {
    if let Some(command) = command::of(method, examples.first()) {
        out.push_str(&format!(
            "<h4>From the command line</h4>\n<div class=\"copy\"><pre><code>{}</code></pre>\
             <button type=\"button\" data-copy hidden>Copy</button></div>\n",
            Text::whole(&command)
        ));
    }
    if !examples.is_empty() {
        out.push_str("<h4>Example body</h4>\n");
        for example in examples {
            out.push_str(&body::block(example));
            out.push('\n');
        }
    }
}

/// Says since when and why something should not be used.
pub(super) fn deprecated(out: &mut String, deprecation: &Deprecation) {
    out.push_str("<p class=\"warn\">Deprecated");
    if let Some(since) = &deprecation.since {
        out.push_str(&format!(" since {}", Text::name(since)));
    }
    out.push_str(". ");
    markdown::inline(out, markdown::cut(deprecation.note.as_deref().unwrap_or_default(), limits::CELL));
    out.push_str("</p>\n");
}

fn percent_encoded(name: &str) -> String {
    let encode = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    name.bytes().map(encode).collect()
}
