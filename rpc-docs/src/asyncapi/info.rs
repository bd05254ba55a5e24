//! What a document says of itself.

/// Title, version and description of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) description: Option<String>,
}

impl Info {
    /// A title, and the version of what is described.
    #[must_use]
    pub fn new(title: impl Into<String>, version: impl Into<String>) -> Self {
        Self { title: title.into(), version: version.into(), description: None }
    }

    /// Adds a description, in Markdown. It precedes what every document says about the protocol.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn about(&self) -> Option<&str> {
        self.description.as_deref()
    }
}
