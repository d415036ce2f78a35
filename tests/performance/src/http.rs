//! Requests per second and processor time per request, through each adapter, with and without attesto. All variants of an adapter
//! are routes of one process and take turns, each sends the same bytes but for the path, and ratios are of pairs within a round.

use crate::clock::now;
use crate::load::{self, Load};
use crate::parties::Client;
use crate::table::{grouped, median, print, spread};
use attesto_core::crypto::Algorithm;
use serde_json::Value;
use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

const ADAPTERS: [&str; 3] = ["axum", "actix", "hyper"];
const PATHS: [&str; 3] = ["/bare", "/by-hand", "/guarded"];

#[derive(Clone, Copy, PartialEq)]
enum Credential {
    Bearer,
    Dpop,
}

const CREDENTIALS: [(Credential, &str); 2] = [(Credential::Bearer, "bearer"), (Credential::Dpop, "DPoP")];
/// A DPoP request costs a signature to make and more to check, so there are fewer in a round.
const BEARERS_PER_PROOF: usize = 4;

/// Pairs of a second each.
const WRK_PAIRS: usize = 7;

/// A server of our own, ended with us.
struct Server {
    child: Child,
    address: SocketAddr,
    load: Load,
    bearer: String,
    bound: String,
    client: Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What a server says of itself.
struct Stats {
    processor_ns: f64,
    resident: f64,
    proofs: f64,
}

/// One round of one variant, in microseconds per request.
#[derive(Clone, Copy)]
struct Sample {
    elapsed: f64,
    processor: f64,
}

impl Server {
    fn start(adapter: &str) -> Result<Self, Box<dyn Error>> {
        let program = std::env::current_exe()?;
        let mut child = Command::new(program).args(["serve", adapter]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line)?;
        let text = |name: &str| said[name].as_str().map(str::to_owned).ok_or("the server says too little");
        let address = text("address")?.parse()?;
        let (load, client) = (Load::connect(address)?, Client::from_jwk(&text("client")?, Algorithm::ES256)?);
        Ok(Self { child, address, load, bearer: text("bearer")?, bound: text("bound")?, client })
    }

    fn stats(&mut self) -> Result<Stats, Box<dyn Error>> {
        let said: Value = serde_json::from_str(&self.load.get("/stats")?)?;
        let number = |name: &str| said[name].as_f64().ok_or("the server says too little");
        Ok(Stats { processor_ns: number("processor_ns")?, resident: number("resident")?, proofs: number("proofs")? })
    }

    /// The requests of one round. Proofs are signed here, before the clock starts: one for each request, none sent twice.
    fn requests(&self, path: &str, credential: Credential, count: usize) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
        match credential {
            Credential::Bearer => {
                let authorization = format!("Bearer {}", self.bearer);
                Ok(vec![load::request(self.address, path, &[("authorization", &authorization)]); count])
            }
            Credential::Dpop => {
                let (authorization, url) = (format!("DPoP {}", self.bound), format!("http://{}{path}", self.address));
                let request = |_| {
                    let proof = self.client.proof("GET", &url, &self.bound, now())?;
                    Ok(load::request(self.address, path, &[("authorization", &authorization), ("dpop", &proof)]))
                };
                (0..count).map(request).collect()
            }
        }
    }

    fn sample(&mut self, path: &str, credential: Credential, count: usize) -> Result<Sample, Box<dyn Error>> {
        let requests = self.requests(path, credential, count)?;
        let before = self.stats()?.processor_ns;
        let elapsed = self.load.send_all(requests)?;
        let spent = self.stats()?.processor_ns - before;
        let each = 1_000.0 * count as f64;
        Ok(Sample { elapsed: elapsed.as_nanos() as f64 / each, processor: spent / each })
    }

    /// The samples of the variants in the order of [`PATHS`], round by round. Each round begins with another variant.
    fn rounds(
        &mut self,
        credential: Credential,
        rounds: usize,
        count: usize,
    ) -> Result<Vec<[Sample; 3]>, Box<dyn Error>> {
        for path in PATHS {
            self.sample(path, credential, count.div_ceil(4))?;
        }
        let mut all = Vec::new();
        for round in 0..rounds {
            let mut samples = [Sample { elapsed: 0.0, processor: 0.0 }; 3];
            for turn in 0..PATHS.len() {
                let variant = (round + turn) % PATHS.len();
                samples[variant] = self.sample(PATHS[variant], credential, count)?;
            }
            all.push(samples);
        }
        Ok(all)
    }
}

/// Prints the tables.
pub(crate) fn measure(rounds: usize, count: usize) -> Result<(), Box<dyn Error>> {
    let (mut costs, mut rates, mut memory, mut wrk) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for adapter in ADAPTERS {
        let mut server = Server::start(adapter)?;
        for (credential, name) in CREDENTIALS {
            eprintln!("http: {adapter}, {name}");
            let count = if credential == Credential::Dpop { count.div_ceil(BEARERS_PER_PROOF) } else { count };
            let before = server.stats()?;
            let samples = server.rounds(credential, rounds, count)?;
            costs.push(cost_row(adapter, name, &samples));
            rates.push(rate_row(adapter, name, &samples));
            let after = server.stats()?;
            if credential == Credential::Dpop {
                memory.push(memory_row(adapter, &before, &after));
            }
        }
        wrk.extend(wrk_row(adapter, &server, rounds)?);
    }
    println!(
        "Processor time of the server, microseconds per request: medians of {rounds} rounds of {count} requests each"
    );
    println!(
        "({} with DPoP), differences within a round; the spread is half of the middle half of them.\n",
        count.div_ceil(BEARERS_PER_PROOF)
    );
    let head = ["", "bare", "check by hand", "guarded", "the check", "the adapter", "of bare", "of check by hand"];
    print(&head, &costs);
    println!("Requests per second on one thread, {} connections (the same rounds):\n", load::CONNECTIONS);
    print(&["", "bare", "check by hand", "guarded", "guarded / bare", "guarded / by hand"], &rates);
    if wrk.is_empty() {
        println!("`wrk` is not installed here: no second opinion on requests per second.\n");
    } else {
        println!("Requests per second as `wrk -t1 -c{}` counts them, bearer:\n", load::CONNECTIONS);
        print(&["", "bare", "guarded", "guarded / bare"], &wrk);
    }
    println!("Resident set of the server around the DPoP rounds:\n");
    print(&["", "proofs on record", "before, MiB", "after, MiB"], &memory);
    Ok(())
}

fn cost_row(adapter: &str, credential: &str, samples: &[[Sample; 3]]) -> Vec<String> {
    let all = |f: fn(&[f64; 3]) -> f64| samples.iter().map(move |round| f(&round.map(|sample| sample.processor)));
    let of = |f| median(all(f));
    let own_spread = spread(all(|[_, by_hand, guarded]| guarded - by_hand));
    vec![
        format!("{adapter}, {credential}"),
        format!("{:.1}", of(|[bare, _, _]| *bare)),
        format!("{:.1}", of(|[_, by_hand, _]| *by_hand)),
        format!("{:.1}", of(|[_, _, guarded]| *guarded)),
        format!("{:.1}", of(|[bare, by_hand, _]| by_hand - bare)),
        format!("{:.2} ± {:.2}", of(|[_, by_hand, guarded]| guarded - by_hand), own_spread),
        format!("{:.1} %", of(|[bare, by_hand, guarded]| 100.0 * (guarded - by_hand) / bare)),
        format!("{:.1} %", of(|[_, by_hand, guarded]| 100.0 * (guarded - by_hand) / by_hand)),
    ]
}

fn rate_row(adapter: &str, credential: &str, samples: &[[Sample; 3]]) -> Vec<String> {
    let of = |f: fn(&[f64; 3]) -> f64| median(samples.iter().map(|round| f(&round.map(|sample| 1e6 / sample.elapsed))));
    vec![
        format!("{adapter}, {credential}"),
        grouped(of(|[bare, _, _]| *bare)),
        grouped(of(|[_, by_hand, _]| *by_hand)),
        grouped(of(|[_, _, guarded]| *guarded)),
        format!("{:.3}", of(|[bare, _, guarded]| guarded / bare)),
        format!("{:.3}", of(|[_, by_hand, guarded]| guarded / by_hand)),
    ]
}

fn memory_row(adapter: &str, before: &Stats, after: &Stats) -> Vec<String> {
    let mebibytes = |bytes: f64| format!("{:.1}", bytes / 1_048_576.0);
    vec![adapter.to_owned(), grouped(after.proofs), mebibytes(before.resident), mebibytes(after.resident)]
}

/// A second opinion, in turns as well. None where `wrk` is not installed.
fn wrk_row(adapter: &str, server: &Server, rounds: usize) -> Result<Option<Vec<String>>, Box<dyn Error>> {
    let mut pairs = Vec::new();
    for _ in 0..rounds.min(WRK_PAIRS) {
        let (Some(bare), Some(guarded)) = (wrk(server, "/bare")?, wrk(server, "/guarded")?) else { return Ok(None) };
        pairs.push((bare, guarded));
    }
    Ok(Some(vec![
        format!("{adapter}, bearer"),
        grouped(median(pairs.iter().map(|(bare, _)| *bare))),
        grouped(median(pairs.iter().map(|(_, guarded)| *guarded))),
        format!("{:.3}", median(pairs.iter().map(|(bare, guarded)| guarded / bare))),
    ]))
}

fn wrk(server: &Server, path: &str) -> Result<Option<f64>, Box<dyn Error>> {
    let connections = format!("-c{}", load::CONNECTIONS);
    let authorization = format!("authorization: Bearer {}", server.bearer);
    let url = format!("http://{}{path}", server.address);
    let Ok(output) = Command::new("wrk").args(["-t1", &connections, "-d1s", "-H", &authorization, &url]).output()
    else {
        return Ok(None);
    };
    let text = String::from_utf8(output.stdout)?;
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(format!("wrk was not let in: {text}").into());
    }
    let rate = text.lines().find_map(|line| line.strip_prefix("Requests/sec:")).ok_or("wrk counted nothing")?;
    Ok(Some(rate.trim().parse()?))
}
