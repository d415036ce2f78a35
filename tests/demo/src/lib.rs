//! What the adapters' demos share: an issuer, two protected MCP servers, a client, and the tour of what is let in and what is
//! refused. What an adapter does itself stands in its `examples/mcp_server.rs`.
#![allow(clippy::exhaustive_enums, clippy::exhaustive_structs, reason = "not published")]

mod args;
pub mod authorization;
mod client;
mod issuer;
mod resources;
mod steps;
mod tour;
pub mod wiring_tests;

pub use args::Args;
pub use issuer::{Issuer, now, rsa_pem, rsa_ring};
pub use resources::{Greeter, McpService, Resources};
pub use tour::CALL;

use args::Program;
use std::error::Error;
use std::future::Future;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

const PROGRAM: Program = Program {
    name: "mcp_server",
    about: "A protected MCP server on a loopback port, and a tour of what it lets in and what it refuses.",
    print_json: "no tour: print one JSON line with URL, tokens and keys for other clients, and serve",
    keeps_state: false,
};

/// Reads the command line; or says what to exit with.
fn read_args(program: &Program) -> Result<Args, ExitCode> {
    match Args::parse(program, std::env::args().skip(1)) {
        Ok(Some(args)) => Ok(args),
        Ok(None) => {
            println!("{}", program.help());
            Err(ExitCode::SUCCESS)
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{}", program.help());
            Err(ExitCode::from(2))
        }
    }
}

/// Takes a port.
fn listen(port: u16) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A demo that is about to serve.
#[derive(Debug)]
pub struct Demo {
    args: Args,
    /// The URL up to the path.
    pub origin: String,
    /// Who issues the tokens.
    pub issuer: Issuer,
}

impl Demo {
    /// Reads the command line and takes a port.
    ///
    /// # Errors
    /// Where the port is taken.
    pub fn start() -> Result<Result<(Self, TcpListener), ExitCode>, Box<dyn Error>> {
        let args = match read_args(&PROGRAM) {
            Ok(args) => args,
            Err(code) => return Ok(Err(code)),
        };
        let listener = listen(args.port)?;
        let origin = format!("http://{}", listener.local_addr()?);
        let issuer = Issuer::new(&origin)?;
        Ok(Ok((Self { args, origin, issuer }, listener)))
    }

    /// What is protected.
    ///
    /// # Errors
    /// Where the configuration contradicts itself.
    pub fn resources(&self) -> Result<Resources, Box<dyn Error>> {
        Resources::new(&self.origin, &self.issuer.provider, &self.issuer.trusted()?, self.issuer.keys().jwks())
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
        if self.args.print_json {
            println!("{}", self.issuer.credentials_json()?);
        } else {
            let surprises = tour::run(&self.origin, &self.issuer).await?;
            if surprises > 0 {
                eprintln!("{surprises} step(s) did not go as they should");
                return Ok(ExitCode::FAILURE);
            }
        }
        if !self.args.once {
            if !self.args.print_json {
                tour::print_curl_lines(&self.origin, &self.issuer)?;
            }
            tokio::signal::ctrl_c().await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
