//! The rotation of refresh tokens over HTTP, beside npm oidc-provider's, on the same PostgreSQL: `client_secret_basic`, ES256 access
//! tokens, a new refresh token each time. The same client drives both in turns, and what they issue is verified alike.

mod load;
mod server;

pub(crate) use server::serve;

use crate::load::CONNECTIONS;
use crate::table::{grouped, median, print, spread};
use crate::tokens::{CLIENT_ID, CLIENT_SECRET, Judge, RESOURCE, processor_time};
use attesto_core::encoding::base64url;
use load::{Load, Sample};
use serde_json::Value;
use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// Rounds before those that count: a just-in-time compiler needs its time.
const WARM_UP: usize = 3;
/// Access tokens of each sample that are verified, after its clock has stopped.
const VERIFIED: usize = 20;

/// The client's credentials: RFC 7617.
fn basic() -> String {
    let pair = format!("{CLIENT_ID}:{CLIENT_SECRET}");
    let mut basic = base64url::encode(pair.as_bytes()).replace('-', "+").replace('_', "/");
    while !basic.len().is_multiple_of(4) {
        basic.push('=');
    }
    format!("Basic {basic}")
}

/// A server of our own or theirs, ended with us.
struct Server {
    name: &'static str,
    child: Child,
    judge: Judge,
    load: Load,
    samples: Vec<Sample>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    /// The first line that a server prints says where it is, the keys it signs with, and its refresh tokens.
    fn start(name: &'static str, command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line)?;
        let text = |name: &str| said[name].as_str().ok_or_else(|| format!("no {name} in {said}"));
        let judge = Judge::new(text("issuer")?, &said["jwks"])?;
        let tokens = said["refresh_tokens"].as_array().into_iter().flatten();
        let load = Load::new(text("token_endpoint")?, tokens.filter_map(Value::as_str).map(str::to_owned).collect())?;
        Ok(Self { name, child, judge, load, samples: Vec::new() })
    }

    fn sample(&mut self, each: usize, counts: bool) -> Result<(), Box<dyn Error>> {
        let before = processor_time(self.child.id())?;
        let mut sample = self.load.run(CONNECTIONS, each)?;
        sample.processor = (processor_time(self.child.id())? - before) / sample.answers.len() as f64;
        for answer in sample.answers.iter().step_by(sample.answers.len().div_ceil(VERIFIED).max(1)) {
            self.judge.verify(answer)?;
        }
        if counts {
            self.samples.push(sample);
        }
        Ok(())
    }
}

/// Prints the table. `refresher` is the script that starts oidc-provider; `url` is that of PostgreSQL on a Unix socket, in this
/// folder.
pub(crate) fn measure(
    refresher: &str,
    url: &str,
    socket: &str,
    rounds: usize,
    each: usize,
) -> Result<(), Box<dyn Error>> {
    let families = (CONNECTIONS * (WARM_UP + rounds)).to_string();
    let mut ours = Command::new(std::env::current_exe()?);
    ours.args(["rotate", url, &families]);
    let mut theirs = Command::new("node");
    theirs.args([refresher, CLIENT_ID, CLIENT_SECRET, RESOURCE, &families]).env("NODE_ENV", "production");
    theirs.envs([("PGHOST", socket), ("PGUSER", "postgres"), ("PGDATABASE", "postgres")]);
    let mut servers = [Server::start("attesto", &mut ours)?, Server::start("oidc-provider", &mut theirs)?];
    for round in 0..WARM_UP + rounds {
        eprintln!("rotations: round {} of {}", round + 1, WARM_UP + rounds);
        for turn in 0..servers.len() {
            let at = (round + turn) % servers.len(); // each round begins with another
            servers[at].sample(each, round >= WARM_UP)?;
        }
    }
    report(&servers, rounds, each);
    Ok(())
}

fn report(servers: &[Server; 2], rounds: usize, each: usize) {
    let [_, theirs] = servers;
    let verified: usize = servers.iter().map(|server| server.judge.verified()).sum();
    println!(
        "Medians of {rounds} rounds, {CONNECTIONS} connections, {each} rotations each; ratios are of pairs within a round. {} access tokens were verified.\n",
        grouped(verified as f64)
    );
    let rows: Vec<_> = servers
        .iter()
        .map(|own| {
            let of = |value: fn(&Sample) -> f64| median(own.samples.iter().map(value));
            let ratio = |value: fn(&Sample) -> f64| {
                let pairs = own.samples.iter().zip(&theirs.samples);
                let ratios: Vec<f64> = pairs.map(|(own, theirs)| value(own) / value(theirs)).collect();
                format!("{:.2} ± {:.2}", median(ratios.iter().copied()), spread(ratios))
            };
            vec![
                own.name.to_owned(),
                grouped(of(Sample::rate)),
                ratio(Sample::rate),
                format!("{:.0}", of(|sample| sample.processor)),
                ratio(|sample| 1.0 / sample.processor),
            ]
        })
        .collect();
    print(&["", "rotations per second", "ratio", "us of the server's processor per rotation", "ratio"], &rows);
}
