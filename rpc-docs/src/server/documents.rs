//! The page and the AsyncAPI document, and the headers of all answers.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// What is served, made once.
#[derive(Clone, Debug)]
pub(super) struct Documents {
    page: Document,
    asyncapi: Document,
}

#[derive(Clone, Debug)]
struct Document {
    body: Bytes,
    content_type: &'static str,
    etag: String,
}

impl Documents {
    pub(super) fn new(page: String, asyncapi: String) -> Self {
        Self {
            page: Document::new(page, "text/html; charset=utf-8"),
            asyncapi: Document::new(asyncapi, "application/json"),
        }
    }
}

impl Document {
    fn new(text: String, content_type: &'static str) -> Self {
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes())));
        Self { body: text.into(), content_type, etag }
    }

    /// The document, unless the asker has it.
    fn answer(&self, asked: &HeaderMap) -> Response {
        let headers = [(header::ETAG, self.etag.as_str()), (header::CACHE_CONTROL, "no-cache")];
        let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|known| known.to_str().ok());
        if known.into_iter().any(|known| known.contains(&self.etag)) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, [(header::CONTENT_TYPE, self.content_type)], self.body.clone()).into_response()
    }
}

pub(super) async fn page(State(documents): State<Documents>, asked: HeaderMap) -> Response {
    documents.page.answer(&asked)
}

pub(super) async fn asyncapi(State(documents): State<Documents>, asked: HeaderMap) -> Response {
    documents.asyncapi.answer(&asked)
}

/// The headers that every answer has.
pub(super) fn headers(policy: &str) -> Arc<HeaderMap> {
    let policy = format!("{policy}; frame-ancestors 'none'");
    let policy = HeaderValue::try_from(policy).expect("a policy is ASCII without control characters");
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    let mut headers: HeaderMap =
        fixed.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    Arc::new(headers)
}

pub(super) async fn with_headers(
    State(headers): State<Arc<HeaderMap>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in headers.iter() {
        response.headers_mut().insert(name, value.clone());
    }
    response
}
