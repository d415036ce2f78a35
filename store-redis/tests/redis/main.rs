//! The store against real servers, which the tests start on Unix sockets in temporary folders. Where there is no `redis-server`, the tests
//! say that they were left out; with `ATTESTO_REQUIRE_REDIS` in the environment, they fail instead. `ATTESTO_TEST_REDIS_SERVER` names
//! another program, Valkey's for example.

mod conformance;
mod expiry;
mod faults;
mod refusals;
mod restarts;
mod server;
mod shares;
mod tls;
