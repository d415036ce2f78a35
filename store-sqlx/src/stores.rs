//! The stores of a database.

use crate::codes::SqlxCodeStore;
use crate::consent_grants::SqlxConsentGrants;
use crate::database::Database;
use crate::deny_list::SqlxDenyList;
use crate::pushed_requests::SqlxPushedRequestStore;
use crate::refresh_tokens::SqlxRefreshStore;
use crate::replays::SqlxReplayStore;
use attesto_core::host::AuthorizationHostBuilder;

impl Database {
    /// Sets every store of an authorization server that changes: codes, pushed requests, refresh tokens, the deny list,
    /// consent grants and replays. To configure one of them, set it again afterwards.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn core::error::Error>> {
    /// use attesto_core::host::AuthorizationHost;
    /// use attesto_sqlx::{SqliteOptions, migrate};
    ///
    /// let database = SqliteOptions::memory().open().await?; // SqliteOptions::file("auth.db") keeps it
    /// migrate(&database).await?;
    /// let pushed = database.pushed_requests().public_share(8 << 20)?;
    /// let builder = database.supply(AuthorizationHost::from_functions()).pushed_request_store(pushed);
    /// # let _ = builder;
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(example())?;
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    pub fn supply(&self, builder: AuthorizationHostBuilder) -> AuthorizationHostBuilder {
        builder
            .code_store(self.codes())
            .pushed_request_store(self.pushed_requests())
            .refresh_store(self.refresh_tokens())
            .deny_list(self.deny_list())
            .consent_grants(self.consent_grants())
            .replay_store(self.replays())
    }

    /// The store of authorization codes.
    #[must_use]
    pub fn codes(&self) -> SqlxCodeStore {
        SqlxCodeStore::new(self)
    }

    /// The store of pushed authorization requests. It counts what is in use: for one process, clone it instead of making
    /// another.
    #[must_use]
    pub fn pushed_requests(&self) -> SqlxPushedRequestStore {
        SqlxPushedRequestStore::new(self)
    }

    /// The store of refresh tokens.
    #[must_use]
    pub fn refresh_tokens(&self) -> SqlxRefreshStore {
        SqlxRefreshStore::new(self)
    }

    /// The list of revoked access tokens.
    #[must_use]
    pub fn deny_list(&self) -> SqlxDenyList {
        SqlxDenyList::new(self)
    }

    /// The store of consent grants: for the server, and for the form handler of your consent page.
    #[must_use]
    pub fn consent_grants(&self) -> SqlxConsentGrants {
        SqlxConsentGrants::new(self)
    }

    /// The store of used proofs and assertions: for the authorization server and for protected resources.
    #[must_use]
    pub fn replays(&self) -> SqlxReplayStore {
        SqlxReplayStore::new(self)
    }
}
