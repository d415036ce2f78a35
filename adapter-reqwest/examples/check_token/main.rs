//! What would a resource server make of this access token? Reads tokens from its input, one a line, fetches the issuer's keys, and
//! says of each whether it is let in, and if not, exactly why.
//!
//! ```sh
//! echo "$TOKEN" | cargo run -p attesto-reqwest --example check_token -- https://auth.example.com https://api.example.com
//! ```
//!
//! A line may hold a DPoP proof for `GET` of the resource behind the token, with a space between.

mod args;
mod checker;

use std::error::Error;
use std::io::BufRead;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        println!("{}", args::HELP);
        return Ok(ExitCode::SUCCESS);
    }
    let args = match args::parse(words.into_iter(), |name| std::env::var(name).ok()) {
        Ok(args) => args,
        Err(problem) => {
            eprintln!("{problem}\n\n{}", args::HELP);
            return Ok(ExitCode::from(2));
        }
    };
    let checker = checker::Checker::new(args)?;
    let mut all = true;
    for line in std::io::stdin().lock().lines() {
        let (granted, text) = checker.check(&line?).await;
        println!("{text}");
        all &= granted;
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
