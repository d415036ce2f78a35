//! What the stores cost: `cargo bench -p attesto-sqlx --bench stores`, with PostgreSQL `.ci/with-postgres cargo bench ..`.
//! Each figure is the median of rounds that take turns. `tests/performance/stores.sh` writes them into docs/performance.md.
#![allow(clippy::disallowed_methods, reason = "a program that measures time asks for it")]

mod pgbench;
mod postgres;
mod sqlite;

use attesto_core::Timestamp;
use std::error::Error;
use std::time::Instant;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const ROUNDS: usize = 7;
/// Requests at a time.
const AT_ONCE: u64 = 64;

/// As many tasks as there are requests at a time, each with its share of them. Returns requests per second.
async fn rate<F: Future<Output = ()> + Send + 'static>(
    at_once: u64,
    requests: u64,
    request: impl Fn(u64) -> F + Clone + Send + 'static,
) -> f64 {
    let began = Instant::now();
    let tasks: Vec<_> = (0..at_once)
        .map(|task| {
            let request = request.clone();
            tokio::spawn(async move {
                for number in (task..requests).step_by(usize::try_from(at_once).expect("few")) {
                    request(number).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let requests = requests as f64;
    requests / began.elapsed().as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    sqlite::measure().await?;
    match std::env::var("ATTESTO_TEST_POSTGRES") {
        Ok(url) => postgres::measure(&url).await,
        Err(_) => {
            println!("\nPostgreSQL is left out: `.ci/with-postgres` starts one.");
            Ok(())
        }
    }
}
