//! The command line.

/// What differs from program to program.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) print_json: &'static str,
    /// Whether there is state to keep: the program has `--database`.
    pub(super) keeps_state: bool,
}

impl Program {
    /// What `--help` prints.
    pub(super) fn help(&self) -> String {
        let database = if self.keeps_state {
            "
  --database URL keep the state in sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME, or forget it: sqlite::memory:
                 (default: a SQLite file beside the program; with --print-json, sqlite::memory:)"
        } else {
            ""
        };
        format!(
            "\
{about}

Usage: {name} [OPTIONS]

Options:
  --port PORT    listen on this loopback port (default: any free one)
  --once         exit after the tour; non-zero if a step surprised it
  --print-json   {print_json}{database}
  --help         show this text",
            about = self.about,
            name = self.name,
            print_json = self.print_json,
        )
    }
}

/// What the command line asks for.
#[derive(Debug, Default)]
pub struct Args {
    /// `--port`; 0 is any free one.
    pub port: u16,
    /// `--database`.
    pub database: Option<String>,
    /// `--once`.
    pub once: bool,
    /// `--print-json`.
    pub print_json: bool,
}

impl Args {
    /// `None` asks for the help text.
    ///
    /// # Errors
    /// Says what is wrong with the words.
    pub(super) fn parse(program: &Program, mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut args = Self::default();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--help" | "-h" => return Ok(None),
                "--once" => args.once = true,
                "--print-json" => args.print_json = true,
                "--database" if program.keeps_state => {
                    args.database = Some(words.next().ok_or("--database needs a URL")?);
                }
                "--port" => {
                    let port = words.next().ok_or("--port needs a number")?;
                    args.port = port.parse().map_err(|_| format!("--port: {port:?} is not a port number"))?;
                }
                other => return Err(format!("unknown option {other:?}")),
            }
        }
        Ok(Some(args))
    }
}
