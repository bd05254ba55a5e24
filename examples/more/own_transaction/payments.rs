//! Payments whose effect and whose key are committed in one transaction: each key has its effect exactly once.

use amqp_rpc::{Context, rpc_service};
use serde::{Deserialize, Serialize};
use tokio::{sync::Mutex, task::JoinSet};
use tokio_postgres::{Client, Error, NoTls};

#[rpc_service]
pub(crate) trait Payments {
    /// Takes the amount from the account and returns what is left. Running it twice with one key is harmless: so it is
    /// `idempotent`, and a redelivered request simply runs again.
    #[rpc(idempotent)]
    async fn charge(
        &self,
        #[rpc(context)] cx: &Context,
        account: String,
        cents: i64,
    ) -> Result<i64, ChargeError>;
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum ChargeError {
    #[error("the account has only {cents} cents")]
    Uncovered { cents: i64 },
    #[error("{cents} cents cannot be charged")]
    Amount { cents: i64 },
    #[error("the call needs an idempotency key")]
    NoKey,
    #[error("the idempotency key was used for another charge")]
    OtherCharge,
    #[error("the database does not work")]
    Database,
}

/// The tables. A real system also deletes keys that are older than any repeat may be.
const TABLES: &str = "
    begin;
    -- Two programs that make the tables at once would fail.
    select pg_advisory_xact_lock(4711);
    create table if not exists accounts (name text primary key, cents bigint not null);
    create table if not exists charges (
        key text primary key,
        request text not null,
        reply text,
        at timestamptz not null default now()
    );
    commit;
";

/// One connection to the database; a real server has a pool.
#[derive(Debug)]
pub(crate) struct Bookkeeper {
    database: Mutex<Client>,
    /// Drives the connection. It ends with this.
    _connection: JoinSet<()>,
}

impl Bookkeeper {
    /// Connects to the database of this URL.
    ///
    /// # Errors
    /// When it is not there.
    pub(crate) async fn connect(url: &str) -> Result<Self, Error> {
        let (database, connection) = tokio_postgres::connect(url, NoTls).await?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("the connection to the database is lost: {error}");
            }
        });
        Ok(Self { database: Mutex::new(database), _connection: driver })
    }

    /// Makes the tables, and an account with so many cents.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn open_account(&self, name: &str, cents: i64) -> Result<(), Error> {
        let database = self.database.lock().await;
        database.batch_execute(TABLES).await?;
        let insert =
            "insert into accounts values ($1, $2) on conflict (name) do update set cents = excluded.cents";
        database.execute(insert, &[&name, &cents]).await.map(drop)
    }

    /// The transaction: the key, the effect and the reply, or none of them.
    async fn charge_once(
        &self,
        key: &str,
        account: &str,
        cents: i64,
    ) -> Result<Result<i64, ChargeError>, Error> {
        let request = format!("{account}/{cents}");
        let mut database = self.database.lock().await;
        let transaction = database.transaction().await?;
        // Of two repeats at once the second waits here, for the row that the first has inserted: until its commit, or its
        // end without one.
        let insert = "insert into charges (key, request) values ($1, $2) on conflict (key) do nothing";
        if transaction.execute(insert, &[&key, &request]).await? == 0 {
            let select = "select request, reply from charges where key = $1";
            let row = transaction.query_one(select, &[&key]).await?;
            let (earlier, reply): (String, Option<String>) = (row.get(0), row.get(1));
            if earlier != request {
                return Ok(Err(ChargeError::OtherCharge));
            }
            return Ok(reply
                .and_then(|reply| serde_json::from_str(&reply).ok())
                .unwrap_or(Err(ChargeError::Database)));
        }
        let update = "update accounts set cents = cents - $2 where name = $1 and cents >= $2 returning cents";
        let outcome = match transaction.query_opt(update, &[&account, &cents]).await? {
            Some(row) => Ok(row.get(0)),
            None => {
                let select = "select cents from accounts where name = $1";
                let left = transaction.query_opt(select, &[&account]).await?.map_or(0, |row| row.get(0));
                Err(ChargeError::Uncovered { cents: left })
            }
        };
        let reply = serde_json::to_string(&outcome).expect("it is a number or an enum");
        transaction.execute("update charges set reply = $2 where key = $1", &[&key, &reply]).await?;
        // Before this nothing has happened, and a crash leaves nothing. After it all has, and a repeat finds the reply.
        transaction.commit().await?;
        Ok(outcome)
    }
}

impl Payments for Bookkeeper {
    async fn charge(&self, cx: &Context, account: String, cents: i64) -> Result<i64, ChargeError> {
        let key = cx.idempotency_key().ok_or(ChargeError::NoKey)?;
        // A negative amount would be paid out.
        if cents <= 0 {
            return Err(ChargeError::Amount { cents });
        }
        self.charge_once(key, &account, cents).await.unwrap_or_else(|error| {
            // A repeat is safe, whatever became of the commit.
            eprintln!("{error}");
            Err(ChargeError::Database)
        })
    }
}
