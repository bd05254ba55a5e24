//! The table of a body: a row for each field.

use std::collections::HashSet;

use amqp_rpc_contract::description::MethodDescription;
use serde_json::{Map, Value};

use super::{field, limits, markdown, scope::Scope, text::Text};

const HEAD: &str = "<table><thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Type</th>\
                    <th scope=\"col\">Limits and meaning</th></tr></thead><tbody>\n";

/// Writes the table of the values of a schema.
pub(super) fn of(out: &mut String, schema: &Value, scope: &Scope<'_>) {
    write(out, schema, scope, &[]);
}

/// Writes the table of a request: parameters stand in the order of the method.
pub(super) fn of_request(out: &mut String, method: &MethodDescription, scope: &Scope<'_>) {
    let parameters = if method.bare { &[] } else { method.parameters.as_slice() };
    write(out, &method.request, scope, parameters);
}

fn write(out: &mut String, schema: &Value, scope: &Scope<'_>, first: &[String]) {
    out.push_str(HEAD);
    let mut rows = Rows { out, scope, count: 0 };
    rows.body(schema, first);
    if rows.count > limits::ROWS {
        rows.out.push_str("<tr><td colspan=\"3\">Further fields are left out.</td></tr>\n");
    }
    out.push_str("</tbody></table>\n");
}

struct Rows<'a, 'b> {
    out: &'a mut String,
    scope: &'a Scope<'b>,
    count: usize,
}

impl<'b> Rows<'_, 'b> {
    fn body(&mut self, schema: &'b Value, first: &[String]) {
        match self.scope.resolved(schema) {
            Some(keywords) if has_members(keywords) => self.members(keywords, "", 0, first),
            Some(keywords) => match alternatives(keywords) {
                Some(alternatives) => alternatives.iter().for_each(|schema| self.alternative(schema)),
                None => self.row("<em>the body</em>", schema, Some(keywords), true),
            },
            None => self.row("<em>the body</em>", schema, None, true),
        }
    }

    /// A row that says which of several values it is, then those of its members.
    fn alternative(&mut self, schema: &'b Value) {
        if !self.has_room() {
            return;
        }
        let keywords = schema.as_object();
        let title = keywords.and_then(|keywords| keywords.get("title")).and_then(Value::as_str);
        let name = match title {
            Some(title) => Text::name(title).to_string(),
            None => field::type_of(schema, self.scope),
        };
        self.out.push_str(&format!(
            "<tr class=\"group\"><th scope=\"colgroup\" colspan=\"3\">{name} <span class=\"note\">{}</span></th></tr>\n",
            keywords.map(description).unwrap_or_default(),
        ));
        if let Some(keywords) = keywords.filter(|keywords| has_members(keywords)) {
            self.members(keywords, "", 0, &[]);
        }
    }

    fn members(&mut self, keywords: &'b Map<String, Value>, prefix: &str, level: usize, first: &[String]) {
        let Some(members) = keywords.get("properties").and_then(Value::as_object) else { return };
        let required = keywords.get("required").and_then(Value::as_array);
        let is_required =
            |name: &str| required.is_some_and(|names| names.iter().any(|required| required == name));
        let is_first: HashSet<&str> = first.iter().map(String::as_str).collect();
        let named = first.iter().filter_map(|name| members.get_key_value(name));
        let others = members.iter().filter(|(name, _)| !is_first.contains(name.as_str()));
        for (name, member) in named.chain(others) {
            if !self.has_room() {
                return;
            }
            let path = format!("{prefix}{}", Text::name(name));
            self.row(&format!("<code>{path}</code>"), member, member.as_object(), is_required(name));
            self.within(member, &path, level + 1);
        }
    }

    /// The members of a member whose type has no name.
    fn within(&mut self, member: &'b Value, path: &str, level: usize) {
        let Some(keywords) = member.as_object().filter(|_| level < limits::LEVELS) else { return };
        if has_members(keywords) {
            self.members(keywords, &format!("{path}."), level, &[]);
        } else if let Some(items) = keywords.get("items").and_then(Value::as_object) {
            self.members(items, &format!("{path}[]."), level, &[]);
        }
    }

    fn row(&mut self, name: &str, schema: &Value, keywords: Option<&Map<String, Value>>, is_required: bool) {
        let mut said = keywords.map(field::limits_of).unwrap_or_default();
        if let Some(first) = said.first_mut().filter(|first| !first.starts_with('<')) {
            let end = first.chars().next().map_or(0, char::len_utf8);
            first.replace_range(..end, &first[..end].to_uppercase());
        }
        let limits = if said.is_empty() { String::new() } else { format!("{}.", said.join("; ")) };
        self.out.push_str(&format!(
            "<tr><th scope=\"row\">{name}</th><td>{}{}</td><td>{limits} {}</td></tr>\n",
            field::type_of(schema, self.scope),
            if is_required { "" } else { " <span class=\"note\">optional</span>" },
            keywords.map(description).unwrap_or_default(),
        ));
    }

    /// Counts one row more.
    fn has_room(&mut self) -> bool {
        self.count += 1;
        self.count <= limits::ROWS
    }
}

fn has_members(keywords: &Map<String, Value>) -> bool {
    keywords.get("properties").and_then(Value::as_object).is_some_and(|members| !members.is_empty())
}

fn alternatives(keywords: &Map<String, Value>) -> Option<&Vec<Value>> {
    let alternatives = keywords.get("oneOf").or_else(|| keywords.get("anyOf"))?;
    alternatives.as_array().filter(|alternatives| !alternatives.is_empty())
}

/// What a schema says of itself, as HTML.
fn description(keywords: &Map<String, Value>) -> String {
    let mut out = String::new();
    if let Some(description) = keywords.get("description").and_then(Value::as_str) {
        let shown = markdown::cut(description, limits::CELL);
        markdown::inline(&mut out, shown);
        if shown.len() < description.len() {
            out.push('…');
        }
    }
    out
}
