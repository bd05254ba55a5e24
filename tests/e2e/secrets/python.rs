//! Python's package `cryptography`, in both directions.

use std::time::Duration;

use amqp_rpc::{Secret, secrets::Keyring};

use super::{KEY, PLANTED, VaultClient, client, keyring, serve};
use crate::support::{Program, Vhost, within};

/// A key that has been replaced by [`KEY`].
const OLD_KEY: &str = "T2xkIGtleSBvbGQga2V5IG9sZCBrZXkgb2xkIGtleSE=";

fn both_keys() -> Keyring {
    Keyring::of_keys([KEY, OLD_KEY]).expect("they are keys")
}

/// What a Python program prints that calls `vault.keep`.
async fn called(vhost: &Vhost, options: &str) -> String {
    let arguments: Vec<_> = ["call", "vault.keep", PLANTED].into_iter().chain(options.split(' ')).collect();
    Program::python("secrets_peer.py", &arguments, &vhost.uri()).finish().await.stdout_of_success()
}

#[tokio::test]
#[ignore = "needs Python with pika and cryptography: scripts/test.sh"]
async fn a_python_program_sends_and_reads_secrets() {
    let vhost = Vhost::create().await;
    let _server = serve(&vhost, both_keys().accept_bare().ttl(Duration::from_secs(60))).await;
    let (new, old) = (format!("--keys={KEY},{OLD_KEY}"), format!("--keys={OLD_KEY},{KEY}"));
    for options in [
        format!("{new} --form bare"),
        format!("{new} --form bound"),
        format!("{new} --form sealed"),
        format!("{old} --form bare"),
        format!("{old} --form sealed"),
        format!("{new} --form bare --rotate"),
        format!("{new} --form bound --rotate --age 30"),
        // Its clock is fast.
        format!("{new} --form bare --age -30"),
    ] {
        assert_eq!(called(&vhost, &options).await, format!("result {PLANTED}\n"), "{options}");
    }
    for (options, complaint) in [
        (format!("{new} --form bare --age 100"), "a secret has expired"),
        (format!("{new} --form sealed --age 100"), "a secret has expired"),
        // Rotating keeps the time.
        (format!("{new} --form bare --age 100 --rotate"), "a secret has expired"),
        (format!("{new} --form bare --age -100"), "a secret is not encrypted with any of the keys"),
        (format!("{new} --bound-to vault.show"), "a secret was encrypted for another method"),
        (format!("{new} --form sealed --bound-to vault.show"), "a secret was encrypted for another method"),
        (format!("--keys={}", Keyring::generate_key()), "a secret is not encrypted with any of the keys"),
    ] {
        let printed = called(&vhost, &options).await;
        assert!(printed.starts_with(&format!("fault {complaint}")), "{options}: {printed}");
    }
}

#[tokio::test]
#[ignore = "needs Python with pika and cryptography: scripts/test.sh"]
async fn a_python_program_receives_secrets_and_replies_with_some() {
    let vhost = Vhost::create().await;
    // Declares the queue.
    serve(&vhost, keyring()).await.shutdown().await.expect("the server stops");
    let keep = async |keyring: Keyring, options: &str| {
        let arguments: Vec<_> = ["serve", "the reply"].into_iter().chain(options.split(' ')).collect();
        let server = Program::python("secrets_peer.py", &arguments, &vhost.uri());
        let vault = VaultClient::new(client(&vhost, keyring).await);
        let kept = within("the reply", vault.keep("ada".into(), Secret::from(PLANTED))).await;
        assert_eq!(server.finish().await.stdout_of_success(), format!("vault.keep {PLANTED}\n"), "{options}");
        kept.map(|reply| reply.expose_secret().clone())
            .map_err(|error| std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default())
    };
    let (new, old) = (format!("--keys={KEY},{OLD_KEY}"), format!("--keys={OLD_KEY},{KEY}"));
    let ours = || both_keys().ttl(Duration::from_secs(60));
    let bare = || ours().write_bare().accept_bare();
    for (keyring, options) in [
        (ours(), new.clone()),
        (ours(), old.clone()),
        (ours(), format!("{new} --rotate")),
        (bare(), format!("{new} --form bare")),
        (bare(), format!("{old} --form bare")),
    ] {
        assert_eq!(keep(keyring, &options).await.as_deref(), Ok("the reply"), "{options}");
    }
    for (keyring, options, complaint) in [
        (ours(), format!("{new} --age 100"), "a secret has expired"),
        (bare(), format!("{new} --form bare --age 100"), "a secret has expired"),
        (ours(), format!("{new} --form bare"), "a secret is not bound to its method"),
        (ours(), format!("{new} --bound-to vault.show"), "a secret was encrypted for another method"),
    ] {
        let error = keep(keyring, &options).await.unwrap_err();
        assert!(error.starts_with(complaint), "{options}: {error}");
    }
}
