//! A PostgreSQL server of a test's own, which the test may stop and kill.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Set by `.ci/with-postgres`, which also puts the server's programs on the path.
const POSTGRES: &str = "ATTESTO_TEST_POSTGRES";

/// Listens on a socket in a folder of its own. Ends with the test.
pub(crate) struct Server {
    folder: PathBuf,
}

impl Server {
    /// Starts one, unless PostgreSQL is left out.
    pub(crate) fn start() -> Option<Self> {
        if std::env::var(POSTGRES).is_err() {
            eprintln!("left out: PostgreSQL, since {POSTGRES} names no server (`.ci/with-postgres` starts one)");
            return None;
        }
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("attesto-outage-{}-{number}", std::process::id()));
        std::fs::create_dir(&folder).expect("a folder");
        let server = Self { folder };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&server.folder));
        }
        let init = ["-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"];
        run(as_postgres("initdb").arg("-D").arg(server.data()).args(init));
        server.start_again();
        Some(server)
    }

    /// Starts the server after it was killed. While the system still has something of its predecessor (its memory, an
    /// entry of its process), a start fails, and is tried again.
    pub(crate) fn start_again(&self) {
        let mut tries = 0;
        while !self.try_to_start() {
            tries += 1;
            assert!(tries < 100, "PostgreSQL does not start");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }

    fn try_to_start(&self) -> bool {
        // A server that was killed leaves them; the system may have given its number to another process.
        let _ = std::fs::remove_file(self.data().join("postmaster.pid"));
        let _ = std::fs::remove_file(self.folder.join(".s.PGSQL.5432.lock"));
        let folder = self.folder.display();
        let options = format!("-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=50");
        let log = self.folder.join("data/server.log");
        succeeds(
            as_postgres("pg_ctl")
                .arg("-D")
                .arg(self.data())
                .arg("-w")
                .arg("-l")
                .arg(log)
                .args(["-o", &options, "start"]),
        )
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn url(&self) -> String {
        self.url_of("postgres", "postgres")
    }

    pub(crate) fn url_of(&self, login: &str, database: &str) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://{login}@{socket}/{database}")
    }

    /// Runs statements by `psql`, which knows nothing of pools and breakers.
    pub(crate) fn psql(&self, sql: &str) -> String {
        let mut psql = Command::new("psql");
        psql.env("PGOPTIONS", "-c default_transaction_read_only=off");
        psql.args(["-X", "-At", "-v", "ON_ERROR_STOP=1", "-d", &self.url(), "-c", sql]);
        let output = psql.output().expect("psql runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Demands a password of `postgres` from now on.
    pub(crate) fn demand_password(&self, password: &str) {
        self.psql(&format!("ALTER ROLE postgres PASSWORD '{password}'"));
        let rules = self.data().join("pg_hba.conf");
        let mut file = std::fs::File::create(rules).expect("opens");
        file.write_all(b"local all all scram-sha-256\n").expect("is written");
        self.signal("HUP", self.processes().get(..1).expect("the server runs"));
    }

    /// Starts it again as a replica, which has no primary any more.
    pub(crate) fn become_a_replica(&self) {
        self.psql("CHECKPOINT");
        self.kill();
        std::fs::write(self.data().join("standby.signal"), "").expect("is written");
        self.start_again();
    }

    /// No process of the server does anything any more, and none is gone.
    pub(crate) fn freeze(&self) {
        self.signal("STOP", &self.processes());
    }

    pub(crate) fn thaw(&self) {
        self.signal("CONT", &self.processes());
    }

    /// As if the machine had lost its power, apart from what the system has not yet written.
    pub(crate) fn kill(&self) {
        let processes = self.processes();
        self.signal("KILL", &processes);
        // They are gone when the system has taken them away.
        while processes.iter().any(|process| is_alive(*process)) {
            std::thread::yield_now();
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The first one starts all others.
    fn processes(&self) -> Vec<u32> {
        let Ok(file) = std::fs::read_to_string(self.data().join("postmaster.pid")) else { return Vec::new() };
        let first: u32 = file.lines().next().and_then(|line| line.parse().ok()).expect("the number of a process");
        // The file outlives a server that was killed, and its number may be that of any process then.
        let command = std::fs::read_to_string(format!("/proc/{first}/cmdline")).unwrap_or_default();
        if !command.contains(&*self.data().to_string_lossy()) {
            return Vec::new();
        }
        let all = std::fs::read_dir("/proc")
            .expect("Linux")
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        std::iter::once(first).chain(all.filter(|process| parent(*process) == Some(first))).collect()
    }

    fn signal(&self, signal: &str, processes: &[u32]) {
        if processes.is_empty() {
            return;
        }
        // One may have ended by itself.
        let numbers = processes.iter().map(u32::to_string);
        let _ = Command::new("kill").arg(format!("-{signal}")).args(numbers).stderr(Stdio::null()).status();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            // It says why the server did not start, for example.
            eprintln!("{}", std::fs::read_to_string(self.data().join("server.log")).unwrap_or_default());
        }
        if std::fs::remove_dir_all(&self.folder).is_err() {
            eprintln!("{} is left behind", self.folder.display());
        }
    }
}

/// The fields after the name, which ends with the last parenthesis: state, parent.
fn stat(process: u32) -> Option<(char, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn parent(process: u32) -> Option<u32> {
    Some(stat(process)?.1)
}

fn is_alive(process: u32) -> bool {
    stat(process).is_some_and(|(state, _)| state != 'Z' && state != 'X')
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// PostgreSQL does not run as root.
fn as_postgres(program: &str) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--", "env", &format!("PATH={path}"), program]);
    command
}

fn run(command: &mut Command) {
    assert!(succeeds(command), "{command:?} failed");
}

fn succeeds(command: &mut Command) -> bool {
    // A server that is started keeps what it inherits: pipes would never end.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
