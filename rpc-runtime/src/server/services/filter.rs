//! Which of a server's services it serves, as its configuration says.

use super::service_set::Registration;
use crate::error::StartError;

/// By default all.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceFilter {
    pub(crate) only: Option<Vec<String>>,
    pub(crate) except: Vec<String>,
}

impl ServiceFilter {
    /// # Errors
    /// `UnknownService` for a name that is none of theirs: whoever wrote it would wait for it in vain.
    pub(crate) fn of(&self, mut services: Vec<Registration>) -> Result<Vec<Registration>, StartError> {
        let mut known: Vec<&'static str> = Vec::new();
        for given in &services {
            if !known.contains(&given.definition.name) {
                known.push(given.definition.name);
            }
        }
        let mut named = self.only.iter().flatten().chain(&self.except);
        if let Some(name) = named.find(|name| !known.contains(&name.as_str())) {
            return Err(StartError::UnknownService { name: name.clone(), known });
        }
        services.retain(|given| {
            let is_named = |names: &[String]| names.iter().any(|name| name == given.definition.name);
            self.only.as_deref().is_none_or(is_named) && !is_named(&self.except)
        });
        Ok(services)
    }
}
