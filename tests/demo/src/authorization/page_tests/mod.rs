//! What the tests of the adapters' demos share: a browser against the application that is served, in process. Each function panics
//! where the application does not do as it should.

mod browser;
mod contents;
mod cookies;
mod forms;
mod restart;

pub use contents::{pages_allow_nothing_but_their_form, script_is_shown_as_text, visits_end_with_a_code_or_a_refusal};
pub use cookies::{
    every_server_is_named, only_a_login_sets_the_session_and_only_the_endpoints_get_it,
    other_sites_cannot_log_a_user_out,
};
pub use forms::{foreign_forms_are_refused, forged_forms_are_refused, wrong_passwords_are_refused_and_counted};
pub use restart::a_restart_forgets_nothing;

/// A test for each of them: with this attribute, against what an async function makes of a [`Site`].
///
/// ```text
/// attesto_demo::page_tests!(tokio::test, application);
/// ```
#[macro_export]
macro_rules! page_tests {
    ($test:meta, $application:path) => {
        #[$test]
        async fn a_restart_forgets_nothing() {
            $crate::authorization::page_tests::a_restart_forgets_nothing(async |site| $application(site).await).await;
        }

        $crate::page_tests! { $test, $application:
            forged_forms_are_refused
            foreign_forms_are_refused
            wrong_passwords_are_refused_and_counted
            visits_end_with_a_code_or_a_refusal
            script_is_shown_as_text
            pages_allow_nothing_but_their_form
            only_a_login_sets_the_session_and_only_the_endpoints_get_it
            other_sites_cannot_log_a_user_out
            every_server_is_named
        }
    };
    ($test:meta, $application:path: $($case:ident)*) => {$(
        #[$test]
        async fn $case() {
            let site = $crate::authorization::page_tests::TestSite::with_hostile_client().await;
            $crate::authorization::page_tests::$case(&$application(site.mounted()).await, &site).await;
        }
    )*};
}

use super::Site;
use super::accounts::Accounts;
use super::state::State;
use attesto_core::encoding::form;

const ORIGIN: &str = "http://127.0.0.1:8080";
/// On a port of the client's choice.
const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";
/// That the client may ask tokens for, besides the demo's own.
const OTHER_RESOURCE: &str = "https://files.example/mcp";
/// What a client may call itself.
const HOSTILE: &str = "</strong><script>alert('1')</script>\" onload=\"x";

/// A site for one test: users, clients and stores of its own.
#[derive(Debug)]
pub struct TestSite {
    accounts: Accounts,
    site: Site,
}

impl TestSite {
    /// With a client whose name is script, and who may ask for tokens for another server.
    ///
    /// # Panics
    /// Where the demo's configuration contradicts itself.
    pub async fn with_hostile_client() -> Self {
        Self::of(&State::in_memory().expect("secrets")).await
    }

    /// With the state of the last process, if there was one: `sqlite:PATH`.
    pub(super) async fn kept_in(database: &str) -> Self {
        let mut state = State::find(Some(database)).expect("the state");
        state.keep(8080).expect("it is kept");
        Self::of(&state).await
    }

    async fn of(state: &State) -> Self {
        let accounts = Accounts::draw(&mut state.secrets.entropy("accounts")).expect("accounts");
        let accounts = accounts.rename_public(HOSTILE).allow_public(OTHER_RESOURCE);
        let database = state.database().await.expect("a database");
        let site = Site::new(ORIGIN, &accounts, &state.secrets, &database).expect("a site");
        Self { accounts, site }
    }

    /// What to mount.
    #[must_use]
    pub fn mounted(&self) -> Site {
        self.site.clone()
    }

    /// An authorization request of the public client.
    fn link(&self) -> String {
        self.link_for(&[])
    }

    /// Like the above, for these resources.
    fn link_for(&self, resources: &[&str]) -> String {
        let parameters = [
            ("response_type", "code"),
            ("client_id", self.accounts.public.id.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("scope", "openid mcp:tools:call"),
            ("state", HOSTILE),
            ("login_hint", HOSTILE),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        let mut query = String::new();
        for (name, value) in parameters.into_iter().chain(resources.iter().map(|resource| ("resource", *resource))) {
            form::append(&mut query, name, value);
        }
        format!("/oauth/authorize?{query}")
    }
}
