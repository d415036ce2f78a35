//! The provider over AWS-LC, using the `aws-lc-rs` crate.

mod crt;
mod ecdsa;
mod eddsa;
mod provider;
mod rsa;

pub use provider::AwsLc;
