//! Ctrl-C.

/// Resolves when Ctrl-C is pressed. Never where the system cannot tell: then it ends the process as ever.
pub(crate) async fn pressed() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
