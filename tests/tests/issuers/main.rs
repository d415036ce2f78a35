//! Issuers as they are: their access tokens, their other tokens, their key sets.

mod access_tokens;
mod keys;
mod other_tokens;
