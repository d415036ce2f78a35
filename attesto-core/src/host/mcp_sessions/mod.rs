//! The sessions of an MCP server and whose they are (H6).

mod owners;
mod visit;

pub use owners::SessionOwners;
pub use visit::SessionVisit;
