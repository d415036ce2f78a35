//! Scripts for pgbench: the stores' statements, with expressions for the values that differ each time.

use crate::postgres::{CONNECTIONS, EACH};
use std::error::Error;
use std::process::Command;

/// The family, or the code, as sixteen hexadecimal digits.
const NUMBER: &str = "lpad(to_hex(CAST(:number AS bigint)), 16, '0')";
const GENERATION: &str = "lpad(to_hex(CAST(:generation AS bigint)), 16, '0')";
const BEFORE: &str = "lpad(to_hex(CAST(:generation AS bigint) - 1), 16, '0')";
const TIME: &str = "1800000000 + 1000 * CAST(:generation AS bigint)";

pub(crate) struct Script(String);

/// So many bytes: this in hexadecimal digits, and zeros.
fn bytes(count: usize, digits: &str) -> String {
    format!("decode(rpad({digits}, {}, '0'), 'hex')", count * 2)
}

fn text(value: &str) -> String {
    format!("'{value}'")
}

/// A statement with these values for `$1`, `$2` and so on.
fn with_values(statement: &str, values: &[String]) -> Result<String, Box<dyn Error>> {
    let mut text = statement.to_owned();
    if text.contains(&format!("${}", values.len() + 1)) || !text.contains(&format!("${}", values.len())) {
        return Err(format!("{} values are not those of: {statement}", values.len()).into());
    }
    // From the last: `$1` is also the beginning of `$10`.
    for (at, value) in values.iter().enumerate().rev() {
        text = text.replace(&format!("${}", at + 1), value);
    }
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

impl Script {
    pub(crate) fn rotations(statements: &[String]) -> Result<Self, Box<dyn Error>> {
        let [load, rotate] = statements else { return Err(format!("not a rotation: {statements:?}").into()) };
        let (family, now) = (bytes(32, NUMBER), format!("({TIME})"));
        let spent = bytes(32, &format!("{NUMBER} || {BEFORE}"));
        let successor = bytes(32, &format!("{NUMBER} || {GENERATION}"));
        let user = "'user ' || CAST(:number AS text)".to_owned();
        let access = format!(
            "'[[\"' || CAST(:number AS text) || '-' || CAST(:generation AS text) || '\",' || CAST({TIME} + 900 AS text) || ']]'"
        );
        let null = "NULL".to_owned();
        let values = [
            bytes(16, NUMBER),
            text("client"),
            user,
            text("read"),
            text("[]"),
            null.clone(),
            null.clone(),
            text("[]"),
            null.clone(),
            "CAST(:generation AS bigint)".into(),
            null.clone(),
            null,
            "FALSE".into(),
            format!("({TIME} + 86400)"),
            "1900000000".into(),
            family.clone(),
            spent.clone(),
            successor.clone(),
            now,
            successor,
            format!("(({TIME} + 172799) / 86400 * 86400)"),
            access,
            "1024".into(),
        ];
        let load = with_values(load, &[family, spent])?;
        let rotate = with_values(rotate, &values)?;
        let steps = "\\set number :first + :client_id\n\\set generation :generation + 1\n";
        Ok(Self(format!("{steps}{load};\n{rotate};\n")))
    }

    pub(crate) fn redemptions(statements: &[String]) -> Result<Self, Box<dyn Error>> {
        let [load, take, record] = statements else { return Err(format!("not a redemption: {statements:?}").into()) };
        let digest = bytes(32, NUMBER);
        let load = with_values(load, std::slice::from_ref(&digest))?;
        let take = with_values(take, &[digest.clone(), "1800000000".into()])?;
        let access = "'code-' || CAST(:number AS text)".to_owned();
        let record = with_values(record, &[digest, access, "1800000900".into()])?;
        let steps =
            format!("\\set number :first + :client_id * {EACH} + :generation\n\\set generation :generation + 1\n");
        Ok(Self(format!("{steps}{load};\n{take};\n{record};\n")))
    }

    /// Transactions per second, as pgbench counts them: without the time in which it connects.
    pub(crate) fn run(&self, url: &str, first: u64) -> Result<f64, Box<dyn Error>> {
        let file = std::env::temp_dir().join(format!("attesto-pgbench-{}.sql", std::process::id()));
        std::fs::write(&file, &self.0)?;
        let output = Command::new("pgbench")
            .args(["-n", "-M", "prepared", "-j", "2", "-D", "generation=0", "-D", &format!("first={first}")])
            .args(["-c", &CONNECTIONS.to_string(), "-t", &EACH.to_string(), "-f"])
            .args([file.as_os_str(), url.as_ref()])
            .output()?;
        std::fs::remove_file(&file)?;
        let (said, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        let complete = said.contains(&format!("processed: {0}/{0}", u64::from(CONNECTIONS) * EACH));
        match rate {
            Some(rate) if output.status.success() && complete => Ok(rate),
            _ => Err(format!("pgbench: {said}{complaint}").into()),
        }
    }
}
