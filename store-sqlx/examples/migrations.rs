//! Prints the SQL of the tables, for a history of migrations of your own:
//! `cargo run -p attesto-sqlx --all-features --example migrations -- --database postgres --prefix auth_ --schema auth`.
//! With `--down`, prints what takes them back.

use attesto_sqlx::{Database, Dialect, migrations};
use std::error::Error;
use std::process::ExitCode;

const USAGE: &str = "migrations --database postgres|sqlite [--prefix PREFIX] [--schema SCHEMA] [--down]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let (mut dialect, mut prefix, mut schema, mut down) = (None, Database::PREFIX.to_owned(), None, false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--database" => {
                dialect = Some(match words.next().as_deref() {
                    #[cfg(feature = "postgres")]
                    Some("postgres") => Dialect::Postgres,
                    #[cfg(feature = "sqlite")]
                    Some("sqlite") => Dialect::Sqlite,
                    _ => {
                        return Err(
                            format!("--database postgres|sqlite, with the feature of that name: {USAGE}").into()
                        );
                    }
                });
            }
            "--prefix" => prefix = words.next().ok_or(USAGE)?,
            "--schema" => schema = Some(words.next().ok_or(USAGE)?),
            "--down" => down = true,
            _ => return Err(USAGE.into()),
        }
    }
    let mut steps = migrations(dialect.ok_or(USAGE)?, &prefix, schema.as_deref())?;
    if down {
        // The newest is taken back first.
        steps.reverse();
    }
    for step in steps {
        println!("-- {}_{}\n{}", step.version, step.name, if down { step.down } else { step.up });
    }
    Ok(())
}
