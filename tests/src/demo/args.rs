//! The command line.

/// What `--help` prints.
pub(super) const HELP: &str = "\
A protected MCP server on a loopback port, and a tour of what it lets in and what it refuses.

Usage: mcp_server [OPTIONS]

Options:
  --port PORT    listen on this loopback port (default: any free one)
  --once         exit after the tour; non-zero if a step surprised it
  --print-json   no tour: print one JSON line with URL, tokens and keys for other clients, and serve
  --help         show this text";

/// What the command line asks for.
#[derive(Debug, Default)]
pub struct Args {
    /// `--port`; 0 is any free one.
    pub port: u16,
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
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut args = Self::default();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--help" | "-h" => return Ok(None),
                "--once" => args.once = true,
                "--print-json" => args.print_json = true,
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
