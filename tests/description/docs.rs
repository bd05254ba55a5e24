//! What a trait says of itself in words.

use amqp_rpc::rpc_service;

/// Does things.
///
///     indented code
#[rpc_service(schema)]
#[deprecated = "use another one"]
trait Documented {
    #[doc = "  One text."]
    #[cfg_attr(all(), doc = "  Another.")]
    #[cfg_attr(any(), doc = "Never.")]
    async fn texts(&self);
    /** Of a block. */
    #[cfg_attr(all(), deprecated(since = "2.0.0"))]
    #[cfg_attr(any(), deprecated = "never")]
    async fn block(&self);
    #[doc(hidden)]
    async fn hidden(&self);
    #[cfg(any())]
    async fn never(&self, nothing: DoesNotExist);
}

#[test]
#[expect(deprecated, reason = "its trait is")]
fn documentation_and_deprecations_are_those_of_the_trait() {
    let description = documented_description();
    assert_eq!(description.docs.as_deref(), Some("Does things.\n\n    indented code"));
    assert_eq!(description.deprecated.unwrap().note.as_deref(), Some("use another one"));
    let methods: Vec<_> =
        description.methods.iter().map(|method| (method.name.as_str(), method.docs.as_deref())).collect();
    assert_eq!(
        methods,
        [("texts", Some("One text.\nAnother.")), ("block", Some("Of a block.")), ("hidden", None)]
    );
    let deprecated = description.methods[1].deprecated.as_ref().unwrap();
    assert_eq!((deprecated.since.as_deref(), deprecated.note.as_deref()), (Some("2.0.0"), None));
    assert!(description.methods[0].deprecated.is_none());
}
