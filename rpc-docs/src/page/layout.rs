//! The whole page.

use amqp_rpc_contract::description::{MethodKind, ServiceDescription};

use super::{
    Extras, limits, markdown,
    method::{self, Method},
    policy::{self, SCRIPT, STYLE},
    scope::Scope,
    table,
    text::Text,
};
use crate::{
    asyncapi::Info,
    schema::{Names, fault, identifier},
};

/// The anchors that are not those of services, methods and types.
const OWN_ANCHORS: [&str; 5] = ["content", "faults", "filter", "found", "theme"];

/// A service with the anchors of what is shown of it.
struct Shown<'a> {
    service: &'a ServiceDescription,
    anchor: String,
    methods: Vec<String>,
    scope: Scope<'a>,
}

pub(super) fn write(services: &[ServiceDescription], info: &Info, extras: Extras<'_>) -> String {
    let shown = shown(services);
    let mut out = String::new();
    head(&mut out, info, extras);
    navigation(&mut out, &shown);
    out.push_str("<main id=\"content\" tabindex=\"-1\">\n");
    if let Some(description) = info.about() {
        markdown::write(&mut out, description);
    }
    if services.is_empty() {
        out.push_str("<p>No services.</p>\n");
    }
    let mut left_out = services.iter().map(|service| service.methods.len()).sum::<usize>();
    for shown in &shown {
        left_out -= section(&mut out, shown, extras);
    }
    if left_out > 0 {
        out.push_str(&format!("<p class=\"warn\">The page is full: {left_out} methods are left out.</p>\n"));
    }
    if services.iter().flat_map(|service| &service.methods).any(|method| method.kind == MethodKind::Call) {
        faults(&mut out);
    }
    out.push_str("</main></div>\n");
    foot(&mut out, extras);
    out
}

fn shown(services: &[ServiceDescription]) -> Vec<Shown<'_>> {
    let mut anchors = Names::taken(OWN_ANCHORS.map(str::to_owned));
    let mut anchor = |name: &str| anchors.free(identifier(markdown::cut(name, limits::NAME)));
    let mut room = limits::METHODS;
    let named = services.iter().take(limits::METHODS).map(|service| {
        let of_service = anchor(&service.service);
        let methods: Vec<_> =
            service.methods.iter().take(room).map(|method| anchor(&method.full_name)).collect();
        room -= methods.len();
        (service, of_service, methods)
    });
    let named: Vec<_> = named.collect();
    let shown = named.into_iter().map(|(service, anchor, methods)| {
        let scope = Scope::of(service, &mut anchors);
        Shown { service, anchor, methods, scope }
    });
    shown.collect()
}

fn head(out: &mut String, info: &Info, extras: Extras<'_>) {
    let (title, version) = (Text::name(info.title()), Text::name(info.version()));
    let policy = policy::policy(extras.try_it.is_some());
    out.push_str(&format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#content\">Skip to the methods</a>\n\
         <header><h1>{title}</h1><p class=\"note\">version {version}</p>\
         <button id=\"theme\" type=\"button\" hidden>Dark colours</button></header>\n",
        Text::whole(&policy),
    ));
}

fn navigation(out: &mut String, shown: &[Shown<'_>]) {
    out.push_str(
        "<div class=\"columns\">\n<nav aria-label=\"Methods\">\n<div class=\"filter\" hidden>\
         <label for=\"filter\">Filter <kbd>/</kbd></label><input id=\"filter\" type=\"search\" autocomplete=\"off\" \
         spellcheck=\"false\"><p id=\"found\" role=\"status\" class=\"note\"></p></div>\n<ul>\n",
    );
    for Shown { service, anchor, methods, .. } in shown {
        out.push_str(&format!("<li><a href=\"#{anchor}\">{}</a><ul>", Text::name(&service.service)));
        for (method, anchor) in service.methods.iter().zip(methods) {
            out.push_str(&format!("<li><a href=\"#{anchor}\">{}</a></li>\n", Text::name(&method.name)));
        }
        out.push_str("</ul></li>\n");
    }
    out.push_str("</ul></nav>\n");
}

/// Writes a service, and returns how many of its methods are in the page.
fn section(out: &mut String, shown: &Shown<'_>, extras: Extras<'_>) -> usize {
    let Shown { service, anchor, methods, scope } = shown;
    out.push_str(&format!("<section id=\"{anchor}\">\n<h2>{}", Text::name(&service.service)));
    if let Some(version) = &service.version {
        out.push_str(&format!(" <span class=\"note\">{}</span>", Text::name(version)));
    }
    out.push_str("</h2>\n");
    if let Some(deprecation) = &service.deprecated {
        method::deprecated(out, deprecation);
    }
    markdown::write(out, service.docs.as_deref().unwrap_or_default());
    let mut written = 0;
    for (position, anchor) in methods.iter().enumerate() {
        if out.len() > limits::PAGE {
            break;
        }
        Method { service, position, anchor }.write(out, scope, extras);
        written += 1;
    }
    types(out, scope);
    out.push_str("</section>\n");
    written
}

/// The types that have names.
fn types(out: &mut String, scope: &Scope<'_>) {
    let mut is_first = true;
    for (name, anchor, schema) in scope.types() {
        if out.len() > limits::PAGE {
            break;
        }
        if is_first {
            out.push_str("<h3>Types</h3>\n");
        }
        is_first = false;
        out.push_str(&format!(
            "<details class=\"type\" id=\"{anchor}\"><summary>{}</summary>\n",
            Text::name(name)
        ));
        let about = schema.get("description").and_then(serde_json::Value::as_str);
        markdown::write(out, about.unwrap_or_default());
        table::of(out, schema, scope);
        out.push_str("</details>\n");
    }
}

/// What every call may be answered with.
fn faults(out: &mut String) {
    out.push_str(
        "<section id=\"faults\"><h2>Faults</h2>\n<p>Every call may be answered by a fault: there is neither a result \
         nor an error of the method.</p>\n",
    );
    let none = ServiceDescription::new("");
    table::of(out, &fault(), &Scope::of(&none, &mut Names::default()));
    out.push_str("</section>\n");
}

fn foot(out: &mut String, extras: Extras<'_>) {
    out.push_str("<footer class=\"note\"><p>Made by amqp-rpc.");
    if let Some(address) = extras.asyncapi {
        out.push_str(&format!(" <a href=\"{}\">AsyncAPI document</a>", Text::whole(address)));
    }
    out.push_str(&format!("</p></footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"));
}
