//! Issuers that move, time out and come back, clients that hang up, runtimes that stop.

use crate::net::{Client, Net, jwks, ok};
use crate::{KEYS, METADATA, Scene, admit, status};
use attesto_core::Timestamp;
use attesto_core::future::BoxFuture;
use attesto_core::host::{Guard, HttpClient, MemoryReplayStore};
use attesto_core::http::{HttpFailure, IncomingResponse, OutgoingRequest};
use attesto_core::remote::{Begun, FetchError, FetchStep, KeyPolicy, Need, RemoteKeys};
use attesto_core::resource::ResourceServer;
use attesto_core::token::TrustedIssuer;
use attesto_tests::{AUDIENCE, Call, ISSUER, NOW, World};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

fn poll_once<T>(future: impl Future<Output = T>) -> Poll<T> {
    std::pin::pin!(future).as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn crs2_idle_server_asks_before_it_takes_keys_that_are_long_past_their_time() {
    for background in [true, false] {
        for seconds in [360, 1_000, 3_599] {
            let scene = Scene::with(background);
            assert_eq!(scene.outcome("k1", 0).await, "200");
            scene.publish(&["k2"]); // withdrawn, and the issuer is there all the time
            assert_eq!(scene.outcome("k1", seconds).await, "401 unknown_key", "after {seconds} s");
            assert_eq!(scene.outcome("k2", seconds).await, "200");
        }
    }
}

#[tokio::test]
async fn crs2_outage_is_noticed_anew_by_an_idle_server() {
    let scene = Scene::with(true);
    scene.outcome("k1", 0).await;
    scene.net.serve_keys(Err(HttpFailure::Timeout));
    scene.net.serve_metadata(Err(HttpFailure::Timeout));
    for seconds in [400, 1_000, 3_599] {
        scene.net.asked();
        assert_eq!(scene.outcome("k1", seconds).await, "200", "after {seconds} s");
        assert_eq!(scene.net.asked().len(), 1, "asked first, and once");
    }
    assert_eq!(scene.outcome("k1", 3_700).await, "503 keys_unavailable");
}

#[tokio::test]
async fn crs5_good_token_of_a_new_key_is_503_for_as_long_as_the_issuer_cannot_be_asked() {
    let scene = Scene::with(true);
    assert_eq!(scene.outcome("k1", 0).await, "200");
    scene.net.serve_keys(Err(HttpFailure::Timeout));
    scene.net.serve_metadata(Err(HttpFailure::Timeout));
    for seconds in [10, 11, 14] {
        assert_eq!(scene.outcome("k2", seconds).await, "503 keys_unavailable", "after {seconds} s");
    }
    assert!(scene.events.of_keys().iter().all(|event| !event.contains("unknown_kid")), "nothing is said of the client");
    scene.publish(&["k1", "k2"]);
    scene.net.serve_metadata(ok(format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"{ISSUER}/jwks"}}"#)));
    assert_eq!(scene.outcome("k2", 15).await, "200", "five seconds after the failure, not thirty");
}

#[tokio::test]
async fn requests_that_hang_up_do_not_use_up_the_fetches_for_new_keys() {
    let scene = Scene::with(false);
    assert_eq!(scene.outcome("k1", 0).await, "200");
    scene.publish(&["k1", "k2"]);
    scene.net.hold();
    assert!(poll_once(scene.outcome("nobody", 10)).is_pending());
    scene.net.release(10);
    assert_eq!(scene.outcome("k2", 11).await, "200");
}

#[tokio::test]
async fn requests_that_hang_up_cause_a_few_fetches_and_not_one_each() {
    let scene = Scene::with(false);
    scene.net.hold();
    for _ in 0..1_000 {
        drop(poll_once(scene.outcome("k1", 0)));
    }
    assert_eq!(scene.net.asked().len(), 8);
    scene.net.release(10);
    assert_eq!(scene.outcome("k1", 5).await, "200");
}

/// Takes every task, as a runtime does that is going down, and drops it.
#[derive(Clone, Default)]
struct Stopped(Arc<AtomicUsize>);

impl HttpClient for Stopped {
    async fn send(&self, _: OutgoingRequest) -> Result<IncomingResponse, HttpFailure> {
        Err(HttpFailure::Transport)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), BoxFuture<'static, ()>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        drop(task);
        Ok(())
    }
}

#[test]
fn runtime_that_drops_its_tasks_does_not_make_requests_spin() {
    let world = World::new();
    let remote = RemoteKeys::builder(ISSUER, Arc::clone(&world.provider)).build().expect("a sound issuer");
    let server = ResourceServer::builder(AUDIENCE, Arc::clone(&world.provider))
        .issuer(TrustedIssuer::remote(remote))
        .build()
        .expect("a sound configuration");
    let client = Stopped::default();
    let guard = Guard::builder(server)
        .replay_store(MemoryReplayStore::single_node(100).expect("a capacity"))
        .http_client(client.clone())
        .build()
        .expect("a sound guard");
    let call = Call::new().bearer(&world.token(|_, _| {}));
    let Poll::Ready(Err(denial)) = poll_once(admit(&guard, &call, 0)) else { panic!("neither granted nor pending") };
    assert_eq!((denial.status(), client.0.load(Ordering::SeqCst)), (503, 8));
}

#[tokio::test]
async fn keys_that_have_moved_are_found_when_the_old_url_is_dead() {
    let scene = Scene::with(false);
    scene.outcome("k1", 0).await;
    let keys = jwks(scene.world.provider.as_ref(), &[("k1", scene.world.issuer.as_ref())]);
    scene.net.serve_keys(Err(HttpFailure::Transport));
    scene.net.serve_metadata(ok(format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"{ISSUER}/moved"}}"#)));
    scene.net.serve_moved(ok(keys));
    scene.net.asked();
    assert_eq!(scene.outcome("k1", 400).await, "200", "from what is held: the issuer did not answer");
    assert_eq!(scene.net.asked(), [KEYS]);
    assert_eq!(scene.outcome("k1", 405).await, "200");
    assert_eq!(scene.net.asked(), [METADATA, "/moved"]);
    assert_eq!(scene.outcome("k1", 800).await, "200");
    assert_eq!(scene.net.asked(), ["/moved"]);
}

#[tokio::test]
async fn keys_are_tried_where_they_were_when_the_metadata_is_out() {
    let scene = Scene::with(false);
    scene.outcome("k1", 0).await;
    scene.net.serve_metadata(Err(HttpFailure::Timeout));
    scene.net.serve_keys(status(503));
    scene.net.asked();
    for (seconds, asked) in [(400, KEYS), (405, METADATA), (415, KEYS), (435, METADATA)] {
        scene.outcome("k1", seconds).await;
        assert_eq!(scene.net.asked(), [asked], "after {seconds} s");
    }
    scene.publish(&["k1"]);
    assert_eq!(scene.outcome("k1", 475).await, "200");
    assert_eq!(scene.net.asked(), [KEYS]);
}

#[tokio::test]
async fn place_of_the_keys_grows_old_under_a_clock_that_was_ahead() {
    let scene = Scene::with(false);
    assert_eq!(scene.outcome("k1", 900_000).await, "200");
    scene.net.asked();
    assert_eq!(scene.outcome("k1", 0).await, "200");
    assert_eq!(scene.net.asked(), [METADATA, KEYS], "the clock was put right");
}

#[test]
fn fetch_that_was_replaced_reports_no_success() {
    let world = World::new();
    let remote = RemoteKeys::builder(ISSUER, Arc::clone(&world.provider))
        .jwks_uri("https://auth.example.com/jwks")
        .policy(KeyPolicy::new())
        .build()
        .expect("a sound issuer");
    let begin = |seconds| match remote.begin(Need::Usable, Timestamp::from_secs(NOW + seconds)) {
        Begun::Fetch(fetch) => fetch,
        other => panic!("{other:?}"),
    };
    let (slow, _second) = (begin(0), begin(15));
    let keys = jwks(world.provider.as_ref(), &[("k1", world.issuer.as_ref())]);
    let FetchStep::Ended(result) = slow.received(ok(keys)) else { panic!("nothing more to ask") };
    assert_eq!((result, remote.generation()), (Err(FetchError::Superseded), 0));
}

#[test]
fn crs3_fetch_asks_for_less_time_than_fifteen_seconds() {
    let world = World::new();
    let issuer = "https://auth.example.com/tenant";
    let remote = RemoteKeys::builder(issuer, world.provider).build().expect("a sound issuer");
    let Begun::Fetch(mut fetch) = remote.begin(Need::Usable, Timestamp::from_secs(NOW)) else { panic!("cold") };
    let metadata = format!(r#"{{"issuer":"{issuer}","jwks_uri":"{issuer}/jwks"}}"#);
    let mut answers = vec![status(404), status(404), ok(metadata), Err(HttpFailure::Timeout)].into_iter();
    let mut seconds = 0;
    let error = loop {
        seconds += fetch.request().time_limit.as_secs();
        match fetch.received(answers.next().expect("four requests at most")) {
            FetchStep::Send(next) => fetch = next,
            FetchStep::Ended(result) => break result.expect_err("the last one timed out"),
        }
    };
    assert_eq!((error, seconds), (FetchError::Timeout, 14));
}

/// The client of the other tests is what its name says.
#[tokio::test]
async fn unknown_places_are_404() {
    let net = Net::new("{}");
    let client = Client { net, background: false };
    let answer = client.send(OutgoingRequest::get(format!("{ISSUER}/moved"), 64)).await;
    assert_eq!(answer.map(|answer| answer.status), Ok(404));
}
