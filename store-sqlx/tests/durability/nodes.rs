//! The server processes, and the database server: started, killed with SIGKILL, and started again.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// In the environment of a process that shall serve.
pub(crate) const DATABASE: &str = "ATTESTO_DURABILITY_DATABASE";
/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Nodes {
    database: String,
    slots: Vec<Mutex<Node>>,
    turn: AtomicUsize,
}

struct Node {
    child: Child,
    port: u16,
}

impl Nodes {
    pub(crate) fn start(count: usize, database: &str) -> Self {
        let slots = (0..count).map(|_| Mutex::new(Node::start(database))).collect();
        Self { database: database.into(), slots, turn: AtomicUsize::new(0) }
    }

    /// The port of the next node in turn. It may be dead by now.
    pub(crate) fn any(&self) -> u16 {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let slot = self.slots.get(turn % self.slots.len()).expect("a node");
        slot.lock().unwrap_or_else(PoisonError::into_inner).port
    }

    /// Kills one, and starts another in its place.
    pub(crate) fn kill(&self, number: usize) {
        let slot = self.slots.get(number % self.slots.len()).expect("a node");
        // The lock is only held to read and write the port, so that clients meet the dead port meanwhile.
        {
            let mut node = slot.lock().unwrap_or_else(PoisonError::into_inner);
            node.child.kill().expect("SIGKILL");
            node.child.wait().expect("it ends");
        }
        let next = Node::start(&self.database);
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Node {
    /// Starts a process, again and again while it ends at once: its database may be starting too.
    fn start(database: &str) -> Self {
        let began = Instant::now();
        loop {
            if let Some(node) = Self::try_start(database) {
                return node;
            }
            assert!(began.elapsed() < PATIENCE, "no server came up");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn try_start(database: &str) -> Option<Self> {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .args(["--exact", "serves_until_it_is_killed", "--ignored", "--nocapture"])
            .env(DATABASE, database)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let output = child.stdout.take().expect("its output");
        for line in BufReader::new(output).lines() {
            let line = line.expect("text");
            if let Some(rest) = line.strip_prefix("listening on ") {
                let port = rest.split(' ').next().and_then(|port| port.parse().ok()).expect("a port");
                return Some(Self { child, port });
            }
        }
        child.wait().expect("it ended");
        None
    }
}

/// A PostgreSQL server that may be killed: `.ci/with-postgres` names its folder, and how to start it.
pub(crate) struct PostgresServer {
    data: String,
    start: String,
}

impl PostgresServer {
    pub(crate) fn find() -> Option<Self> {
        let data = std::env::var("ATTESTO_TEST_POSTGRES_DATA").ok()?;
        Some(Self { data, start: std::env::var("ATTESTO_TEST_POSTGRES_START").ok()? })
    }

    /// Kills the server and its children, as a power cut does, and starts it again.
    pub(crate) fn kill(&self) {
        let file = format!("{}/postmaster.pid", self.data);
        let text = std::fs::read_to_string(&file).expect("a running server");
        let pid = text.lines().next().expect("a process id");
        shell(&format!("pkill -9 -P {pid}; kill -9 {pid}"));
        let began = Instant::now();
        while !shell(&self.start) {
            assert!(began.elapsed() < PATIENCE, "PostgreSQL did not start again");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn shell(command: &str) -> bool {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.status().expect("a shell").success()
}
