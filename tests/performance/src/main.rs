//! What attesto costs a server. `run.sh` runs everything; each part also runs by itself:
//!
//! - `http`: requests per second and processor time per request through each adapter, with and without attesto;
//! - `memory`: the resident set before and after a million requests with a million distinct proofs, and after they lapsed;
//! - `logins`: the resident set after a million logins whose refresh tokens were rotated ten times each;
//! - `claims`: what a claim costs the replay store from a thousand to ten million live entries;
//! - `tokens`: a token endpoint beside npm oidc-provider's (`tokens.sh`);
//! - `rotations`: rotations of refresh tokens on PostgreSQL, beside npm oidc-provider's (`stores.sh`);
//! - `mint` and `check`: tokens and proofs for the peers on Node, and what attesto makes of the same.
//!
//! Results are Markdown on standard output; progress goes to standard error.

mod claims;
mod clock;
mod http;
mod load;
mod logins;
mod memory;
mod mint;
mod parties;
mod rotations;
mod server;
mod table;
mod tokens;

use std::error::Error;
use std::process::ExitCode;

const HELP: &str = "\
Usage: attesto-performance PART

Parts:
  http [ROUNDS] [REQUESTS]   through each adapter; REQUESTS in each round of each variant (default: 61 and 2000)
  memory [REQUESTS]          in process, with as many distinct proofs (default: 1000000)
  logins [LOGINS]            the refresh token store alone (default: 1000000)
  claims [MOST]              the replay store alone, up to MOST live entries (default: 10000000)
  tokens PROVIDER.MJS [ROUNDS] [REQUESTS]
                             the token endpoint, beside npm oidc-provider's (default: 31 and 2000)
  rotations REFRESHER.MJS URL SOCKET [ROUNDS] [EACH]
                             refresh tokens in PostgreSQL, beside npm oidc-provider's (default: 31 and 60)
  mint                       reads keys as JSON from standard input; prints tokens and a proof
  check                      the same, and measures attesto's checks of them
  serve ADAPTER              what `http` starts: axum, actix or hyper
  issue PROVIDER             what `tokens` starts: AwsLc or RustCrypto, under axum
  rotate URL FAMILIES        what `rotations` starts";

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Outcome {
    let word = |at: usize| words.get(at).map(String::as_str);
    let number = |at: usize, default: usize| word(at).map_or(Ok(default), str::parse);
    match word(0) {
        Some("http") => http::measure(number(1, 61)?, number(2, 2_000)?),
        Some("memory") => memory::measure(number(1, 1_000_000)?),
        Some("logins") => logins::measure(number(1, 1_000_000)?),
        Some("claims") => claims::measure(number(1, 10_000_000)?),
        Some("tokens") => tokens::measure(word(1).unwrap_or_default(), number(2, 31)?, number(3, 2_000)?),
        Some("rotations") => {
            let [refresher, url, socket] = [1, 2, 3].map(|at| word(at).unwrap_or_default());
            rotations::measure(refresher, url, socket, number(4, 31)?, number(5, 60)?)
        }
        Some("mint") => mint::mint(),
        Some("check") => mint::check(),
        Some("serve") => server::serve(word(1).unwrap_or_default()),
        Some("rotate") => rotations::serve(word(1).unwrap_or_default(), number(2, 1)?),
        Some("issue") => tokens::serve(word(1).unwrap_or_default()),
        _ => Err(HELP.into()),
    }
}
