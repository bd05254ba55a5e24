#[rpc_service]
#[cfg(feature = "files")]
pub trait Files {
    /// Reads a file.
    #[cfg(unix)]
    #[deprecated = "use `open`"]
    #[must_use]
    async fn read(&self, r#type: String) -> io::Result<Vec<u8>>;
}
