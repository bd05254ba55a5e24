//! The named types of a service, and where the page describes them.

use std::collections::{BTreeMap, HashMap};

use amqp_rpc_contract::description::ServiceDescription;
use serde_json::{Map, Value};

use super::{limits, text::Text};
use crate::schema::{Names, identifier, target_of};

/// What the names in the schemas of one service stand for.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    schemas: &'a BTreeMap<String, Value>,
    anchors: HashMap<&'a str, String>,
}

impl<'a> Scope<'a> {
    /// The types of a service; each that is shown takes an anchor.
    pub(super) fn of(service: &'a ServiceDescription, anchors: &mut Names) -> Self {
        let shown = service.schemas.keys().take(limits::TYPES);
        let anchors = shown.map(|name| {
            let wanted = identifier(super::markdown::cut(name, limits::NAME));
            (name.as_str(), anchors.free(format!("type.{wanted}")))
        });
        Self { schemas: &service.schemas, anchors: anchors.collect() }
    }

    /// The types that are shown: name, anchor, schema.
    pub(super) fn types(&self) -> impl Iterator<Item = (&'a str, &str, &'a Value)> {
        let named = self.schemas.iter();
        named.filter_map(|(name, schema)| {
            self.anchors.get(name.as_str()).map(|anchor| (name.as_str(), anchor.as_str(), schema))
        })
    }

    /// What a reference leads to, as HTML: a link where the page describes it.
    pub(super) fn link(&self, reference: &str) -> String {
        let Some(target) = target_of(reference) else {
            return format!("<code>{}</code>", Text::name(reference));
        };
        let name = Text::name(&target);
        match self.anchors.get(target.as_str()) {
            Some(anchor) => format!("<a href=\"#{}\">{name}</a>", Text::whole(anchor)),
            None => name.to_string(),
        }
    }

    /// The keywords that a schema stands for, behind references. `None` where there are none: any value, or
    /// references that lead nowhere or to themselves.
    pub(super) fn resolved(&self, schema: &'a Value) -> Option<&'a Map<String, Value>> {
        let mut keywords = schema.as_object()?;
        for _ in 0..limits::REFERENCES {
            let only = keywords.get("allOf").and_then(Value::as_array).filter(|all| all.len() == 1);
            let next = match (keywords.get("$ref").and_then(Value::as_str), only) {
                (Some(reference), _) => self.schemas.get(&target_of(reference)?)?,
                (None, Some(all)) if !keywords.contains_key("properties") => &all[0],
                _ => return Some(keywords),
            };
            keywords = next.as_object()?;
        }
        None
    }
}
