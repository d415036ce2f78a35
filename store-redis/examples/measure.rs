//! What a server makes of claims: how many a second, against bare PINGs in the same run; or what a record takes of its memory. Fills the
//! server with records that end after some minutes: use one of your own, and for memory a new one each time.
//!
//! `cargo run --release -p attesto-redis --example measure -- redis+unix:///run/redis/redis.sock WHAT`, where WHAT is `rates`, `records`,
//! `counted` (by a hundred owners) or `owners` (each record of another one).

use attesto_core::Timestamp;
use attesto_core::crypto::{CryptoProvider, RustCrypto};
use attesto_core::dpop::{ReplayAnswer, ReplayClaim, ReplayKey, ReplayOwner};
use attesto_core::host::ReplayStore;
use attesto_redis::{RedisOptions, RedisReplayStore};
use redis::aio::MultiplexedConnection;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const ROUNDS: usize = 9;
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A claim that was not made before, of one of so many owners.
fn claim(owners: u64) -> ReplayClaim {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let hash = |kind: &[u8], number: u64| RustCrypto::new().sha256(&[kind, &number.to_be_bytes()]);
    let claim = ReplayClaim::new(ReplayKey::from_bytes(hash(b"key", number)), NOW.plus(181));
    claim.owned_by(ReplayOwner::from_bytes(hash(b"owner", number % owners)))
}

/// How many a second, when so many tasks do one after the other.
async fn rate<F: Future<Output = ()> + Send>(
    tasks: u64,
    each: u64,
    one: impl Fn() -> F + Clone + Send + 'static,
) -> f64 {
    let began = Instant::now();
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let one = one.clone();
            tokio::spawn(async move {
                for _ in 0..each {
                    one().await;
                }
            })
        })
        .collect();
    let all = tasks.len() as f64 * each as f64;
    for task in tasks {
        task.await.expect("no panic");
    }
    all / began.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn claimed(store: &RedisReplayStore, owners: u64) {
    assert_eq!(store.claim(&claim(owners), NOW).await, ReplayAnswer::Fresh);
}

async fn rates(url: &str, plain: Arc<RedisReplayStore>, counted: Arc<RedisReplayStore>) -> Result<(), Box<dyn Error>> {
    let raw = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    for (tasks, each) in [(1, 2_000), (64, 300)] {
        let (mut pings, mut sets, mut scripts) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let connection = raw.clone();
            let ping = move || {
                let mut connection = connection.clone();
                async move { redis::cmd("PING").exec_async(&mut connection).await.expect("a reply") }
            };
            pings.push(rate(tasks, each, ping).await);
            for (store, rates) in [(&plain, &mut sets), (&counted, &mut scripts)] {
                let store = Arc::clone(store);
                let one = move || {
                    let store = Arc::clone(&store);
                    async move { claimed(&store, 100).await }
                };
                rates.push(rate(tasks, each, one).await);
            }
        }
        let (pings, sets, scripts) = (median(pings), median(sets), median(scripts));
        let [of_set, of_script] = [sets / pings, scripts / pings];
        println!(
            "{tasks} at a time: {pings:.0} PING/s, claims {sets:.0}/s ({of_set:.2}), counted {scripts:.0}/s ({of_script:.2})"
        );
    }
    Ok(())
}

async fn memory(url: &str, store: &RedisReplayStore, owners: u64) -> Result<(), Box<dyn Error>> {
    let mut raw = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    let before = used_memory(&mut raw).await?;
    for records in 1..=1_000_000 {
        claimed(store, owners).await;
        if records % 200_000 == 0 {
            let taken = used_memory(&mut raw).await?.saturating_sub(before);
            println!("{records} records: {} bytes each", taken / records);
        }
    }
    Ok(())
}

async fn used_memory(connection: &mut MultiplexedConnection) -> Result<u64, Box<dyn Error>> {
    let info: String = redis::cmd("INFO").arg("memory").query_async(connection).await?;
    Ok(info.lines().find_map(|line| line.strip_prefix("used_memory:")).ok_or("no used_memory")?.parse()?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (url, what) =
        (arguments.next().ok_or("name a URL")?, arguments.next().ok_or("rates, records, counted or owners?")?);
    // Longer than any measurement takes, so that no record ends before it.
    let options = || RedisOptions::url(&url).map(|options| options.clock_difference(Duration::from_secs(3_600)));
    let plain = RedisReplayStore::connect(options()?.without_shares()).await?;
    let counted = RedisReplayStore::connect(options()?.records_per_owner(10_000_000)).await?;
    match what.as_str() {
        "rates" => rates(&url, Arc::new(plain), Arc::new(counted)).await,
        "records" => memory(&url, &plain, 1).await,
        "counted" => memory(&url, &counted, 100).await,
        "owners" => memory(&url, &counted, u64::MAX).await,
        _ => Err("rates, records, counted or owners?".into()),
    }
}
