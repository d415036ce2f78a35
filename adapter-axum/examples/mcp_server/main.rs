//! A protected MCP server with its own issuer, and a client that tries what a thief would try.
//!
//! `cargo run -p attesto-axum --example mcp_server` needs no set-up: it serves on a loopback port, plays a tour against
//! itself over the socket, prints each request and verdict, and stays up with curl lines to try.

mod args;
mod client;
mod issuer;
mod service;
mod tour;

use args::Args;
use issuer::Issuer;
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = match Args::parse(std::env::args().skip(1)) {
        Ok(Some(args)) => args,
        Ok(None) => {
            println!("{}", args::HELP);
            return Ok(ExitCode::SUCCESS);
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{}", args::HELP);
            return Ok(ExitCode::from(2));
        }
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let issuer = Issuer::new(&origin)?;
    let app = service::app(&origin, &issuer)?.into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    if args.print_json {
        println!("{}", issuer.credentials_json()?);
    } else {
        let surprises = tour::run(&origin, &issuer).await?;
        if surprises > 0 {
            eprintln!("{surprises} step(s) did not go as they should");
            return Ok(ExitCode::FAILURE);
        }
    }
    if args.once {
        return Ok(ExitCode::SUCCESS);
    }
    if !args.print_json {
        tour::print_curl_lines(&origin, &issuer)?;
    }
    tokio::select! {
        stopped = server => stopped??,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(ExitCode::SUCCESS)
}
