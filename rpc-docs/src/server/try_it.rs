//! Calls a method for the page.

use std::{sync::Arc, time::Duration};

use amqp_rpc_contract::description::{MethodDescription, Repetition};
use amqp_rpc_runtime::Client;
use axum::{
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde_json::Value;
use tokio::{sync::Semaphore, time::timeout};

use super::{callable::Callable, outcome, same_site::is_same_site};

/// The calls that run at once.
const CALLS: usize = 16;

/// What *try it* calls, and within which limits.
#[derive(Clone, Debug)]
pub(super) struct TryIt {
    client: Client,
    callable: Arc<Callable>,
    slots: Arc<Semaphore>,
    timeout: Duration,
    body_limit: usize,
}

impl TryIt {
    pub(super) fn new(client: Client, callable: Callable, timeout: Duration, body_limit: usize) -> Self {
        let (callable, slots) = (Arc::new(callable), Arc::new(Semaphore::new(CALLS)));
        Self { client, callable, slots, timeout, body_limit }
    }

    async fn call(&self, method: &MethodDescription, body: Value) -> Response {
        let mut call = self
            .client
            .call_json(method.full_name.clone(), body)
            .exchange(method.exchange.clone())
            .routing_key(method.routing_key.clone())
            .timeout(self.timeout);
        if let Some(queue) = &method.queue {
            call = call.queue(queue.clone());
        }
        if method.repetition == Repetition::Deduplicated {
            call = call.idempotency_key(uuid::Uuid::new_v4().to_string());
        }
        outcome::of(call.await)
    }
}

pub(super) async fn call(
    State(try_it): State<TryIt>,
    Path(name): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if !is_same_site(&headers) {
        return outcome::refused(StatusCode::FORBIDDEN, "the request comes from another site");
    }
    if !is_json(&headers) {
        return outcome::refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the content type is not application/json",
        );
    }
    let Some(method) = try_it.callable.find(&name) else {
        return outcome::refused(StatusCode::NOT_FOUND, "no method of this name can be called from the page");
    };
    let body = match timeout(try_it.timeout, to_bytes(body, try_it.body_limit)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            let about = format!("the body is larger than {} bytes, or did not arrive", try_it.body_limit);
            return outcome::refused(StatusCode::PAYLOAD_TOO_LARGE, &about);
        }
        Err(_) => return outcome::refused(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"),
    };
    let body = match serde_json::from_slice(&body) {
        Ok(body) => body,
        Err(error) => {
            return outcome::refused(StatusCode::BAD_REQUEST, &format!("the body is not JSON: {error}"));
        }
    };
    // Not before: bodies that do not arrive must not keep others from calling.
    let Ok(_slot) = try_it.slots.try_acquire() else {
        return outcome::refused(
            StatusCode::TOO_MANY_REQUESTS,
            "too many calls run: try again when one has ended",
        );
    };
    try_it.call(method, body).await
}

/// A page of another site cannot send this type without asking first, and it is not asked back.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|content_type| content_type.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}
