//! The user, secret and SASL mechanism of a login at one node.

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

/// The login of one attempt to connect.
#[derive(Debug)]
pub(crate) struct Login {
    mechanism: SASLMechanism,
    /// `None` where the broker reads it from a client certificate and the URI does not name it.
    user: Option<String>,
    secret: Secret,
    /// Changes of the password.
    changes: Option<watch::Receiver<Secret>>,
}

impl Login {
    /// Chooses the login for `node`: by client certificate, by the options' credentials, or by the URI's
    /// user.
    ///
    /// # Errors
    /// `InvalidOption` for credentials together with a login by client certificate.
    pub(crate) fn new(node: &BrokerUri, options: &ConnectOptions) -> Result<Self, ConnectError> {
        let mechanism =
            if options.logs_in_by_certificate() { SASLMechanism::External } else { node.mechanism() };
        let is_external = mechanism == SASLMechanism::External;
        if let Some(credentials) = &options.credentials {
            if is_external {
                return Err(ConnectError::InvalidOption(
                    "credentials are set, but a login by client certificate does not use them; leave out one of them".into(),
                ));
            }
            let mut changes = credentials.subscribe();
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

    /// Returns whether the login is by client certificate (SASL `EXTERNAL`).
    pub(crate) fn is_external(&self) -> bool {
        self.mechanism == SASLMechanism::External
    }

    /// The user's name, where it is known.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Takes the changes of the password, to be forwarded on the live connection.
    pub(crate) fn take_changes(&mut self) -> Option<watch::Receiver<Secret>> {
        self.changes.take()
    }

    /// Answers the broker's authentication for lapin, so that the address given to lapin does not hold the
    /// password.
    pub(crate) fn auth_provider(&self) -> impl AuthProvider + use<> {
        let user = self.user.as_deref().unwrap_or_default();
        SaslAnswers { mechanism: self.mechanism, pair: Pair::new(user.into(), self.secret.reveal().into()) }
    }
}

/// Has no `Debug`, because it holds a password.
struct SaslAnswers {
    mechanism: SASLMechanism,
    pair: Pair,
}

impl AuthProvider for SaslAnswers {
    fn mechanism(&self) -> ShortString {
        self.mechanism.name().into()
    }

    fn auth_starter(&self) -> Result<LongString, String> {
        Ok(self.pair.sasl_auth_string(self.mechanism))
    }

    fn continue_auth(&self, _: LongString) -> Result<LongString, String> {
        if self.mechanism != SASLMechanism::RabbitCrDemo {
            return Err(format!("the broker sent a challenge, which {} does not have", self.mechanism));
        }
        Ok(self.pair.rabbit_cr_demo_answer())
    }
}
