//! The text of a method's own error: its `Display`, which no error needs to have.

use std::fmt;

use amqp_rpc::{
    Secret,
    contract::{NoError, Request},
    rpc_service,
};
use serde::{Deserialize, Serialize};

/// Has no `Display`.
#[derive(Debug, Serialize, Deserialize)]
struct Silent;

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
enum Refused {
    #[error("n is above {limit}")]
    TooLarge { limit: u32 },
}

/// Has a `Display` where its argument has one.
#[derive(Debug, Serialize, Deserialize)]
struct Wrapped<T>(T);

impl<T: fmt::Display> fmt::Display for Wrapped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wrapped: {}", self.0)
    }
}

/// Has a `Display` that fails after its first word.
#[derive(Debug, Serialize, Deserialize)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")?;
        Err(fmt::Error)
    }
}

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("the password of {user} is wrong")]
struct WrongPassword {
    user: String,
    password: Secret<String>,
}

/// Has functions of the same name as those that generated code calls.
#[derive(Debug, Serialize, Deserialize)]
struct Namesake;

impl Namesake {
    #[expect(dead_code, reason = "shows that it is not called")]
    fn error_text(&self) -> Option<String> {
        Some("its own".to_owned())
    }
}

mod shadowing {
    pub(super) type Result<T> = std::result::Result<T, super::Refused>;
}

#[rpc_service]
trait Texts {
    async fn silent(&self) -> Result<(), Silent>;
    async fn speaking(&self) -> Result<u64, Refused>;
    async fn alias(&self) -> shadowing::Result<u8>;
    async fn of_unit(&self) -> Result<(), ()>;
    async fn of_string(&self) -> Result<(), String>;
    async fn of_box(&self) -> Result<(), Box<Refused>>;
    async fn of_silent_box(&self) -> Result<(), Box<Silent>>;
    async fn wrapped(&self) -> Result<(), Wrapped<Refused>>;
    async fn wrapped_silent(&self) -> Result<(), Wrapped<Silent>>;
    async fn broken(&self) -> Result<(), Broken>;
    async fn wrong_password(&self) -> Result<(), WrongPassword>;
    async fn namesake(&self) -> Result<(), Namesake>;
    #[rpc(blocking)]
    fn blocking(&self) -> Result<(), Refused>;
    async fn never(&self) -> Result<u64, NoError>;
    async fn plain(&self) -> u64;
    #[rpc(notify)]
    async fn one_way(&self) -> Result<(), String>;
}

fn text<R: Request>(error: &R::Error) -> Option<String> {
    R::error_text(error)
}

#[test]
fn an_error_with_display_has_its_text() {
    let error = Refused::TooLarge { limit: 90 };
    let expected = Some("n is above 90");
    assert_eq!(text::<TextsSpeakingRequest>(&error).as_deref(), expected);
    assert_eq!(text::<TextsAliasRequest>(&error).as_deref(), expected);
    assert_eq!(text::<TextsBlockingRequest>(&error).as_deref(), expected);
    assert_eq!(text::<TextsOfBoxRequest>(&Box::new(error)).as_deref(), expected);
    assert_eq!(text::<TextsOfStringRequest>(&"héllo".to_owned()).as_deref(), Some("héllo"));
    assert_eq!(text::<TextsOfStringRequest>(&String::new()).as_deref(), Some(""));
}

#[test]
fn an_error_without_display_has_no_text() {
    assert_eq!(text::<TextsSilentRequest>(&Silent), None);
    assert_eq!(text::<TextsOfUnitRequest>(&()), None);
    assert_eq!(text::<TextsOfSilentBoxRequest>(&Box::new(Silent)), None);
    assert_eq!(text::<TextsNamesakeRequest>(&Namesake), None);
}

#[test]
fn a_generic_error_has_a_text_where_its_argument_has_one() {
    let error = Wrapped(Refused::TooLarge { limit: 1 });
    assert_eq!(text::<TextsWrappedRequest>(&error).as_deref(), Some("wrapped: n is above 1"));
    assert_eq!(text::<TextsWrappedSilentRequest>(&Wrapped(Silent)), None);
}

#[test]
fn a_display_that_fails_is_no_text_and_no_panic() {
    assert_eq!(text::<TextsBrokenRequest>(&Broken), None);
}

#[test]
fn the_text_shows_of_a_secret_what_the_error_shows() {
    let error = WrongPassword { user: "ada".to_owned(), password: Secret::new("hunter2".to_owned()) };
    assert_eq!(text::<TextsWrongPasswordRequest>(&error).as_deref(), Some("the password of ada is wrong"));
}

#[test]
fn methods_without_an_error_have_the_function_too() {
    // There is no value to call them with.
    let _: [fn(&NoError) -> Option<String>; 3] =
        [text::<TextsNeverRequest>, text::<TextsPlainRequest>, text::<TextsOneWayRequest>];
}
