//! The sessions of an MCP server and whose they are (catalogue X41).

mod owners;
mod visit;

pub use owners::SessionOwners;
pub use visit::SessionVisit;
