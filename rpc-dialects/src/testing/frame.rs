//! A captured message, as a fixture writes it.

use amqp_rpc_runtime::{
    HeaderValue, Headers,
    dialect::{Delivery, Properties, SmolStr},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::bodies::unhex;

/// A message with the properties that were set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Frame {
    #[serde(default)]
    pub(super) exchange: String,
    #[serde(default)]
    pub(super) routing_key: String,
    #[serde(default)]
    properties: Map<String, Value>,
    /// A body of JSON. Without one, and without `text` or `hex`, the body is empty.
    body: Option<Value>,
    text: Option<String>,
    hex: Option<String>,
}

impl Frame {
    /// The message as the broker delivers it.
    pub(super) fn delivery(&self) -> Result<Delivery, String> {
        Ok(Delivery::new(&*self.exchange, &*self.routing_key, self.properties()?, self.body()?))
    }

    pub(super) fn body(&self) -> Result<Bytes, String> {
        match (&self.body, &self.text, &self.hex) {
            (Some(json), None, None) => Ok(json.to_string().into()),
            (None, Some(text), None) => Ok(text.clone().into()),
            (None, None, Some(hex)) => unhex(hex),
            (None, None, None) => Ok(Bytes::new()),
            _ => Err("a message has one of `body`, `text` and `hex`".to_owned()),
        }
    }

    fn properties(&self) -> Result<Properties, String> {
        let mut properties = Properties::default();
        for (name, value) in &self.properties {
            let text = || {
                let text = value.as_str().ok_or_else(|| format!("property {name:?} is a text"))?;
                Ok::<_, String>(Some(SmolStr::from(text)))
            };
            let byte = || {
                let byte = value.as_u64().and_then(|byte| u8::try_from(byte).ok());
                byte.map(Some).ok_or_else(|| format!("property {name:?} is a number from 0 to 255"))
            };
            match name.as_str() {
                "content_type" => properties.content_type = text()?,
                "content_encoding" => properties.content_encoding = text()?,
                "headers" => properties.headers = Some(headers_of(value)?),
                "delivery_mode" => properties.delivery_mode = byte()?,
                "priority" => properties.priority = byte()?,
                "correlation_id" => properties.correlation_id = text()?,
                "reply_to" => properties.reply_to = text()?,
                "expiration" => properties.expiration = text()?,
                "message_id" => properties.message_id = text()?,
                "timestamp" => properties.timestamp = value.as_u64(),
                "type" => properties.kind = text()?,
                "user_id" => properties.user_id = text()?.map(|text| text.as_str().into()),
                "app_id" => properties.app_id = text()?.map(|text| text.as_str().into()),
                _ => return Err(format!("AMQP has no property {name:?}")),
            }
        }
        Ok(properties)
    }

    /// The first difference to a message of ours: everything that the frame names must be in it.
    pub(super) fn difference(
        &self,
        exchange: &str,
        routing_key: Option<&str>,
        properties: &Properties,
        body: &[u8],
    ) -> Option<String> {
        let expected = match self.properties() {
            Ok(expected) => expected,
            Err(why) => return Some(why),
        };
        if exchange != self.exchange {
            return Some(format!("it goes to the exchange {exchange:?}, not to {:?}", self.exchange));
        }
        // A reply has the reply address of its request.
        if routing_key.is_some_and(|routing_key| routing_key != self.routing_key) {
            return Some(format!("its routing key is {routing_key:?}, not {:?}", self.routing_key));
        }
        // Ids and times differ from message to message.
        let differs = [
            (
                "content_type",
                expected.content_type.is_some() && expected.content_type != properties.content_type,
            ),
            (
                "content_encoding",
                expected.content_encoding.is_some()
                    && expected.content_encoding != properties.content_encoding,
            ),
            (
                "headers",
                expected.headers.is_some_and(|headers| !has_all(properties.headers.as_ref(), &headers)),
            ),
            (
                "delivery_mode",
                expected.delivery_mode.is_some() && expected.delivery_mode != properties.delivery_mode,
            ),
            ("priority", expected.priority.is_some() && expected.priority != properties.priority),
            ("expiration", expected.expiration.is_some() && properties.expiration.is_none()),
            ("type", expected.kind.is_some() && expected.kind != properties.kind),
        ];
        if let Some((name, _)) = differs.into_iter().find(|(_, differs)| *differs) {
            return Some(format!("its property {name:?} is another one: {properties:?}"));
        }
        let is_same = match &self.body {
            Some(json) => serde_json::from_slice::<Value>(body).is_ok_and(|body| body == *json),
            None => self.body().is_ok_and(|expected| expected == body),
        };
        (!is_same).then(|| format!("its body is {}", String::from_utf8_lossy(body)))
    }
}

fn has_all(headers: Option<&Headers>, expected: &Headers) -> bool {
    let headers = headers.cloned().unwrap_or_default();
    expected.clone().into_iter().all(|(name, value)| headers.get(&name) == Some(&value))
}

fn headers_of(value: &Value) -> Result<Headers, String> {
    let table = value.as_object().ok_or("headers are an object")?;
    table.iter().map(|(name, value)| Ok((name.clone(), header_of(value)?))).collect()
}

fn header_of(value: &Value) -> Result<HeaderValue, String> {
    Ok(match value {
        Value::Null => HeaderValue::Null,
        Value::Bool(value) => HeaderValue::Bool(*value),
        Value::String(text) => HeaderValue::from(text.as_str()),
        Value::Number(number) => match number.as_i64() {
            Some(number) => HeaderValue::from(number),
            None => return Err(format!("{number} is no number of a header")),
        },
        Value::Array(list) => HeaderValue::List(list.iter().map(header_of).collect::<Result<_, _>>()?),
        Value::Object(_) => HeaderValue::Table(headers_of(value)?),
    })
}
