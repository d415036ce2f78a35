//! HTTP without a framework: the borrowed parts of a request, the owned parts of a response, URIs and origins.

mod request;
mod response;

pub use request::{Connection, HeaderLines, Lines, RequestParts};
pub use response::{Header, ResponseParts};
