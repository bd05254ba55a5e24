//! A service as its trait declares it.

use super::MethodDef;

/// A service as its trait declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceDef {
    /// The name on the wire, such as `fib`.
    pub name: &'static str,
    /// Every method, in the order of the trait.
    pub methods: &'static [&'static MethodDef],
    /// The version of the crate that declares the trait.
    pub version: Option<&'static str>,
}

impl ServiceDef {
    /// A service called `name`, without a version.
    #[must_use]
    pub const fn new(name: &'static str, methods: &'static [&'static MethodDef]) -> Self {
        Self { name, methods, version: None }
    }

    /// Says its version.
    #[must_use]
    pub const fn version(mut self, version: Option<&'static str>) -> Self {
        self.version = version;
        self
    }
}
