//! Many requests at once, and one memory of proofs among all threads and workers.

use crate::tokens::proof;
use attesto_tests::client::{Connection, Request};
use attesto_tests::servers::Server;
use attesto_tests::servers::{App, pinned};
use attesto_tests::{AUDIENCE, World};
use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;

const PROOFS: usize = 500;
/// Connections that send each proof.
const RIVALS: usize = 2;
/// Groups of rivals, each with its share of the proofs.
const LANES: usize = 8;

fn requests(world: &World, count: usize) -> Vec<Request> {
    let token = world.bound_token();
    (0..count)
        .map(|number| {
            Request::new("GET", "/mcp").dpop(&token, &proof(world, &token, "GET", AUDIENCE, &number.to_string()))
        })
        .collect()
}

/// Sends each request of a lane once on each of its rival connections, all lanes at the same time. Gives each request's statuses.
fn race(address: SocketAddr, lanes: &[&[Request]], rivals: usize) -> Vec<Vec<u16>> {
    let ready = Barrier::new(lanes.len() * rivals);
    let run = |requests: &[Request]| -> Vec<u16> {
        let mut connection = Connection::open(address);
        ready.wait();
        requests.iter().map(|request| connection.send(request).status).collect()
    };
    thread::scope(|scope| {
        let started: Vec<Vec<_>> =
            lanes.iter().map(|lane| (0..rivals).map(|_| scope.spawn(|| run(lane))).collect()).collect();
        let mut statuses = Vec::new();
        for rivals in started {
            let told: Vec<Vec<u16>> = rivals.into_iter().map(|rival| rival.join().expect("an answer each")).collect();
            for request in 0..told[0].len() {
                statuses.push(told.iter().map(|rival| rival[request]).collect());
            }
        }
        statuses
    })
}

pub(crate) fn r1_of_a_thousand_requests_with_five_hundred_proofs_each_proof_passes_once(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let requests = requests(&world, PROOFS);
    let lanes: Vec<&[Request]> = requests.chunks(PROOFS.div_ceil(LANES)).collect();
    let statuses = race(running.address, &lanes, RIVALS);
    assert_eq!(statuses.len(), PROOFS);
    for (number, mut told) in statuses.into_iter().enumerate() {
        told.sort_unstable();
        assert_eq!(told, [200, 401], "proof {number}");
    }
    assert_eq!(running.reached.times(), PROOFS);
}

pub(crate) fn r1_a_proof_sent_forty_times_at_once_passes_once(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let mut told = race(running.address, &[&requests(&world, 1)], 40).remove(0);
    told.sort_unstable();
    assert_eq!((told[0], &told[1..]), (200, [401; 39].as_slice()));
    assert_eq!(running.reached.times(), 1);
}
