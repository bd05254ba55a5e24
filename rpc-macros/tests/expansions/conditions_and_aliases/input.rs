#[rpc_service]
#[cfg(feature = "files")]
pub trait Files {
    /// Reads a file.
    #[cfg(unix)]
    #[deprecated = "use `open`"]
    #[must_use]
    async fn read(
        &self,
        /// The type, as for [`Self::close`] of [Self]; not of `MySelf`.
        r#type: String,
    ) -> io::Result<Vec<u8>>;
    #[cfg_attr(feature = "files", cfg(unix), doc = "Closes a file.", must_use)]
    #[cfg_attr(docsrs, inline)]
    async fn close(&self);
}
