//! Selects which of a server's services it serves, by name.

use super::registration::Registration;
use crate::error::StartError;

/// Selects services by name. Default: all.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceFilter {
    pub(crate) only: Option<Vec<String>>,
    pub(crate) except: Vec<String>,
}

impl ServiceFilter {
    /// The services that are selected.
    ///
    /// # Errors
    /// `UnknownService` for a name that none of the services has: it is misspelled.
    pub(crate) fn select(&self, mut services: Vec<Registration>) -> Result<Vec<Registration>, StartError> {
        let mut known: Vec<&'static str> = Vec::new();
        for service in &services {
            if !known.contains(&service.definition.name) {
                known.push(service.definition.name);
            }
        }
        let mut named = self.only.iter().flatten().chain(&self.except);
        if let Some(name) = named.find(|name| !known.contains(&name.as_str())) {
            return Err(StartError::UnknownService { name: name.clone(), known });
        }
        services.retain(|service| {
            let is_named = |names: &[String]| names.iter().any(|name| name == service.definition.name);
            self.only.as_deref().is_none_or(is_named) && !is_named(&self.except)
        });
        Ok(services)
    }
}
