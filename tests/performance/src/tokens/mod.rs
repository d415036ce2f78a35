//! A token endpoint beside npm oidc-provider's: `client_credentials`, ES256 access tokens, `client_secret_basic`, stores in memory.
//! Three servers, one thread each, are driven by the same client in turns; what they issue is verified, by attesto's own resource
//! server for all alike.

mod issuer;
mod judge;
mod load;

pub(crate) use issuer::serve;
pub(crate) use judge::Judge;

use crate::table::{grouped, median, print, spread};
use load::{Load, Sample};
use serde_json::Value;
use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// The one client, on all servers.
pub(crate) const CLIENT_ID: &str = "job";
pub(crate) const CLIENT_SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";
/// What its tokens are for: on this machine, as the servers are, so that plain http will do.
pub(crate) const RESOURCE: &str = "http://127.0.0.1:8080/mcp";

/// Connections at once, where throughput is measured.
const CONNECTIONS: usize = 16;
/// Tokens of each sample that are verified, after its clock has stopped. Of every first sample it is all of them.
const VERIFIED: usize = 20;

/// A server of our own or theirs, ended with us.
struct Server {
    name: String,
    child: Child,
    judge: Judge,
    load: Load,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    /// The first line that a server prints says where it is: `issuer` and `token_endpoint`, and the keys it signs with.
    fn start(name: &str, mut command: Command) -> Result<Self, Box<dyn Error>> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line)?;
        let text = |name: &str| said[name].as_str().ok_or_else(|| format!("no {name} in {said}"));
        let judge = Judge::new(text("issuer")?, &said["jwks"])?;
        let load = Load::new(text("token_endpoint")?)?;
        Ok(Self { name: name.to_owned(), child, judge, load })
    }

    /// So many tokens over so many connections; some of them are verified, or all.
    fn sample(&mut self, connections: usize, count: usize, all: bool) -> Result<Sample, Box<dyn Error>> {
        let before = processor_time(self.child.id())?;
        let mut sample = self.load.run(connections, count)?;
        sample.processor = (processor_time(self.child.id())? - before) / count as f64;
        let answers = std::mem::take(&mut sample.answers);
        let every = if all { 1 } else { count.div_ceil(VERIFIED).max(1) };
        for answer in answers.iter().step_by(every) {
            self.judge.verify(answer)?;
        }
        Ok(sample)
    }
}

/// Microseconds of all processors that a process has used so far, in user mode and in the kernel, all its threads together. The
/// kernel counts in hundredths of a second, which is fine enough for thousands of requests.
pub(crate) fn processor_time(process: u32) -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // Behind the name in brackets, which may hold anything: utime and stime are fields 14 and 15 of the whole.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks * 10_000.0)
}

/// One server, and its samples round by round: with many connections, and with one.
struct Series {
    many: Vec<Sample>,
    one: Vec<Sample>,
}

/// Prints the tables. `provider` is the script that starts oidc-provider.
pub(crate) fn measure(provider: &str, rounds: usize, count: usize) -> Result<(), Box<dyn Error>> {
    let mut servers = Vec::new();
    for name in ["AwsLc", "RustCrypto"] {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["issue", name]);
        servers.push(Server::start(&format!("attesto, {name}"), command)?);
    }
    let mut command = Command::new("node");
    command.args([provider, CLIENT_ID, CLIENT_SECRET, RESOURCE]).env("NODE_ENV", "production");
    servers.push(Server::start("oidc-provider", command)?);

    // To warm up: a just-in-time compiler needs its time. All of these tokens are verified.
    for server in &mut servers {
        eprintln!("tokens: warming up {}", server.name);
        for _ in 0..3 {
            server.sample(CONNECTIONS, count, true)?;
        }
    }
    let mut all: Vec<Series> = servers.iter().map(|_| Series { many: Vec::new(), one: Vec::new() }).collect();
    for round in 0..rounds {
        eprintln!("tokens: round {} of {rounds}", round + 1);
        for turn in 0..servers.len() {
            let at = (round + turn) % servers.len(); // each round begins with another
            all[at].many.push(servers[at].sample(CONNECTIONS, count, false)?);
            all[at].one.push(servers[at].sample(1, count.div_ceil(4), false)?);
        }
    }
    let verified: usize = servers.iter().map(|server| server.judge.verified()).sum();
    report(&servers, &all, rounds, count, verified);
    Ok(())
}

fn report(servers: &[Server], all: &[Series], rounds: usize, count: usize, verified: usize) {
    let Some(theirs) = all.last() else { return };
    println!(
        "Medians of {rounds} rounds, {count} tokens each over {CONNECTIONS} connections, and {} over one. The ratios are of pairs within",
        count.div_ceil(4)
    );
    println!(
        "a round; the spread is half of the middle half of them. {} tokens were verified.\n",
        grouped(verified as f64)
    );
    let rows: Vec<_> = servers.iter().zip(all).map(|(server, own)| row(&server.name, own, theirs)).collect();
    let head = [
        "",
        "tokens per second",
        "ratio",
        "us of processor per token",
        "ratio",
        "p50, us",
        "p99, us",
        "p50 of one, us",
        "p99 of one, us",
    ];
    print(&head, &rows);
}

fn row(name: &str, own: &Series, theirs: &Series) -> Vec<String> {
    let of = |samples: &[Sample], value: fn(&Sample) -> f64| median(samples.iter().map(value));
    let ratios = |value: fn(&Sample) -> f64| -> Vec<f64> {
        own.many.iter().zip(&theirs.many).map(|(own, theirs)| value(own) / value(theirs)).collect()
    };
    let ratio = |values: Vec<f64>| format!("{:.2} ± {:.2}", median(values.iter().copied()), spread(values));
    vec![
        name.to_owned(),
        grouped(of(&own.many, Sample::rate)),
        ratio(ratios(Sample::rate)),
        format!("{:.0}", of(&own.many, |sample| sample.processor)),
        ratio(ratios(|sample| 1.0 / sample.processor)),
        format!("{:.0}", of(&own.many, |sample| sample.quantile(0.50))),
        format!("{:.0}", of(&own.many, |sample| sample.quantile(0.99))),
        format!("{:.0}", of(&own.one, |sample| sample.quantile(0.50))),
        format!("{:.0}", of(&own.one, |sample| sample.quantile(0.99))),
    ]
}
