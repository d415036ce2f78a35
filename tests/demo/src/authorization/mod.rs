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
mod templates;
mod tour;

pub use pages::Pages;
pub use site::Site;

use super::args::{Args, Program};
use super::issuer::entropy;
use accounts::Accounts;
use attesto_core::encoding::base64url;
use std::error::Error;
use std::future::Future;
use std::net::TcpListener;
use std::process::ExitCode;

/// A program's own words.
const PROGRAM: Program = Program {
    name: "authorization_server",
    about: "An authorization server with a protected MCP server beside it on a loopback port, and a tour through both.",
    print_json: "no tour: print one JSON line with issuer, user and clients for clients of your own, and serve",
};

/// A demo that is about to serve.
#[derive(Debug)]
pub struct AuthorizationDemo {
    args: Args,
    /// The URL up to the path, which is the issuer's.
    origin: String,
    accounts: Accounts,
}

impl AuthorizationDemo {
    /// Reads the command line and takes a port.
    ///
    /// # Errors
    /// Where the port is taken.
    pub fn start() -> Result<Result<(Self, TcpListener), ExitCode>, Box<dyn Error>> {
        let (args, listener) = match super::listen(&PROGRAM)? {
            Ok(listening) => listening,
            Err(code) => return Ok(Err(code)),
        };
        let origin = format!("http://{}", listener.local_addr()?);
        Ok(Ok((Self { args, origin, accounts: Accounts::draw()? }, listener)))
    }

    /// What to mount.
    ///
    /// # Errors
    /// Where the configuration contradicts itself.
    pub fn site(&self) -> Result<Site, Box<dyn Error>> {
        Site::new(&self.origin, &self.accounts)
    }

    /// Plays the tour against the running server, which `server` is, and then leaves it running unless told otherwise.
    ///
    /// # Errors
    /// Where the server ends or cannot be reached.
    pub async fn play<E: Into<Box<dyn Error>>>(
        self,
        server: impl Future<Output = Result<(), E>>,
    ) -> Result<ExitCode, Box<dyn Error>> {
        tokio::select! {
            stopped = server => stopped.map_err(Into::into).map(|()| ExitCode::SUCCESS),
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
            }
            tokio::signal::ctrl_c().await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// 256 bits of the system's randomness, as text.
fn random() -> Result<String, Box<dyn Error>> {
    let mut bytes = [0; 32];
    entropy(&mut bytes)?;
    Ok(base64url::encode(&bytes))
}
