//! What the adapters' demos of the authorization server share: the server with its clients and its one user, the pages, the protected
//! MCP endpoint beside it, and the tour. What an adapter does itself stands in its `examples/authorization_server.rs`.

mod accounts;
mod attempts;
mod browser;
mod clients;
mod form_filling;
mod forms;
#[cfg(test)]
mod guessing_strangers;
mod logins;
pub mod page_tests;
mod pages;
mod passwords;
mod policy;
mod sessions;
mod site;
mod state;
mod templates;
mod tour;

pub use pages::Pages;
pub use site::Site;

use super::args::{Args, Program};
use super::issuer::entropy;
use accounts::Accounts;
use attesto_core::crypto::Entropy;
use attesto_core::encoding::base64url;
use attesto_sqlx::{Database, Sweeper};
use state::State;
use std::error::Error;
use std::future::Future;
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

/// A program's own words.
const PROGRAM: Program = Program {
    name: "authorization_server",
    about: "An authorization server with a protected MCP server beside it on a loopback port, and a tour through both.",
    print_json: "no tour: print one JSON line with issuer, user and clients for clients of your own, and serve",
    keeps_state: true,
};
/// How often the rows that have lapsed are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// A demo that is about to serve.
#[derive(Debug)]
pub struct AuthorizationDemo {
    args: Args,
    /// The URL up to the path, which is the issuer's.
    origin: String,
    accounts: Accounts,
    state: State,
    database: Option<Database>,
}

impl AuthorizationDemo {
    /// Reads the command line and takes a port.
    ///
    /// # Errors
    /// Where the port is taken.
    pub fn start() -> Result<Result<(Self, TcpListener), ExitCode>, Box<dyn Error>> {
        let args = match super::read_args(&PROGRAM) {
            Ok(args) => args,
            Err(code) => return Ok(Err(code)),
        };
        let mut state = match (&args.database, args.print_json) {
            (None, true) => State::in_memory()?,
            (database, _) => State::find(database.as_deref())?,
        };
        let listener = listen(args.port, state.port)?;
        let port = listener.local_addr()?.port();
        state.keep(port)?;
        let accounts = Accounts::draw(&mut state.secrets.entropy("accounts"))?;
        let origin = format!("http://127.0.0.1:{port}");
        Ok(Ok((Self { args, origin, accounts, state, database: None }, listener)))
    }

    /// What to mount.
    ///
    /// # Errors
    /// Where the database cannot be opened, and where the configuration contradicts itself.
    pub async fn site(&mut self) -> Result<Site, Box<dyn Error>> {
        let database = self.state.database().await?;
        let site = Site::new(&self.origin, &self.accounts, &self.state.secrets, &database)?;
        self.database = Some(database);
        Ok(site)
    }

    /// Plays the tour against the running server, which `server` is, and then leaves it running unless told otherwise.
    ///
    /// # Errors
    /// Where the server ends or cannot be reached.
    pub async fn play<E: Into<Box<dyn Error>>>(
        self,
        server: impl Future<Output = Result<(), E>>,
    ) -> Result<ExitCode, Box<dyn Error>> {
        let database = self.database.clone().ok_or("the site comes first")?;
        tokio::select! {
            stopped = server => stopped.map_err(Into::into).map(|()| ExitCode::SUCCESS),
            () = Sweeper::new(&database, SWEEP_EVERY).run() => Ok(ExitCode::FAILURE),
            played = self.client() => played,
        }
    }

    async fn client(self) -> Result<ExitCode, Box<dyn Error>> {
        let resource = site::resource(&self.origin);
        if self.args.print_json {
            println!("{}", self.accounts.to_json(&self.origin, &resource)?);
        } else {
            let surprises = tour::run(&self.origin, &resource, &self.accounts).await?;
            if surprises > 0 {
                eprintln!("{surprises} step(s) did not go as they should");
                return Ok(ExitCode::FAILURE);
            }
        }
        if !self.args.once {
            if !self.args.print_json {
                tour::print_invitation(&self.origin, &resource, &self.accounts);
                println!("The state is {}.", self.state.place());
            }
            tokio::signal::ctrl_c().await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Takes the port that is asked for; or else that of the last run, so that its tokens are still good; or else any.
fn listen(asked_for: u16, last: u16) -> std::io::Result<TcpListener> {
    if asked_for == 0 && last != 0 {
        if let Ok(listener) = super::listen(last) {
            return Ok(listener);
        }
        eprintln!("port {last} is taken: tokens of the last run name another issuer now\n");
    }
    super::listen(asked_for)
}

/// 256 bits of this randomness, as text.
fn random(entropy: &mut dyn Entropy) -> Result<String, Box<dyn Error>> {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes)?;
    Ok(base64url::encode(&bytes))
}
