/// Everything about files.
///
/// In two paragraphs.
#[rpc_service(schema)]
pub trait Files {
    /// Reads a file.
    #[cfg(unix)]
    #[deprecated(since = "1.2.0", note = "use `open`")]
    async fn read(
        &self,
        #[rpc(context)] cx: &Context,
        /// Where it is.
        #[garde(length(max = 255))]
        path: String,
        #[serde(default)]
        #[schemars(with = "u64")]
        offset: Offset,
    ) -> Result<Page, FileError>;
    #[cfg_attr(docsrs, doc = "Sends it.")]
    #[rpc(bare)]
    async fn put(&self, file: File) -> io::Result<()>;
    #[rpc(bare)]
    async fn raw(&self, body: Bytes) -> Bytes;
    #[rpc(lock = "file.id")]
    async fn trim(&self, file: File, #[serde(alias = "len")] length: u64);
    #[rpc(event)]
    async fn changed(&self, path: String);
}
