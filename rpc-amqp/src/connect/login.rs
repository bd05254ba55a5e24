//! Who logs in at one node, and by which of SASL's mechanisms.

use amq_protocol::auth::Credentials as Pair;
use lapin::{
    auth::AuthProvider,
    types::{LongString, ShortString},
    uri::SASLMechanism,
};
use tokio::sync::watch;

use crate::{
    error::ConnectError,
    options::{BrokerUri, ConnectOptions, Secret},
};

/// What one attempt logs in with.
#[derive(Debug)]
pub(crate) struct Login {
    mechanism: SASLMechanism,
    /// Unknown where the broker reads it from a certificate, unless the URI says it.
    user: Option<String>,
    secret: Secret,
    /// Every later password.
    changes: Option<watch::Receiver<Secret>>,
}

impl Login {
    /// # Errors
    /// `InvalidOption` when credentials are given and no use is made of them.
    pub(crate) fn at(node: &BrokerUri, options: &ConnectOptions) -> Result<Self, ConnectError> {
        let mechanism =
            if options.logs_in_by_certificate() { SASLMechanism::External } else { node.mechanism() };
        let is_external = mechanism == SASLMechanism::External;
        if let Some(credentials) = &options.credentials {
            if is_external {
                return Err(ConnectError::InvalidOption(
                    "credentials are given for a login by client certificate, which has none; leave out one of them".into(),
                ));
            }
            let mut changes = credentials.follow();
            let secret = changes.borrow_and_update().clone();
            return Ok(Self {
                mechanism,
                user: Some(credentials.user().into()),
                secret,
                changes: Some(changes),
            });
        }
        let user = if is_external { node.stated_user() } else { Some(node.user()) };
        Ok(Self { mechanism, user: user.map(str::to_owned), secret: node.password().clone(), changes: None })
    }

    pub(crate) fn is_external(&self) -> bool {
        self.mechanism == SASLMechanism::External
    }

    /// The user's name, where it is known.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    pub(crate) fn take_changes(&mut self) -> Option<watch::Receiver<Secret>> {
        self.changes.take()
    }

    /// The answers for lapin, so that no address it gets to see needs to hold the password.
    pub(crate) fn answers(&self) -> impl AuthProvider + use<> {
        let user = self.user.as_deref().unwrap_or_default();
        Answers { mechanism: self.mechanism, pair: Pair::new(user.into(), self.secret.reveal().into()) }
    }
}

/// Has no `Debug`: it holds a password.
struct Answers {
    mechanism: SASLMechanism,
    pair: Pair,
}

impl AuthProvider for Answers {
    fn mechanism(&self) -> ShortString {
        self.mechanism.name().into()
    }

    fn auth_starter(&self) -> Result<LongString, String> {
        Ok(self.pair.sasl_auth_string(self.mechanism))
    }

    fn continue_auth(&self, _: LongString) -> Result<LongString, String> {
        if self.mechanism != SASLMechanism::RabbitCrDemo {
            return Err(format!("the broker asks for more than {} says", self.mechanism));
        }
        Ok(self.pair.rabbit_cr_demo_answer())
    }
}
