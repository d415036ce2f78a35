//! Scope names for servers of the Model Context Protocol: conventions, not policy (S9).
//!
//! ```
//! use attesto_core::mcp;
//!
//! assert_eq!(mcp::TOOLS_CALL, "mcp:tools:call");
//! assert_eq!(mcp::server("search", mcp::TOOLS_CALL)?, "search:mcp:tools:call");
//! assert!(mcp::server("se:arch", mcp::TOOLS_CALL).is_err());
//! # Ok::<(), attesto_core::ConfigError>(())
//! ```

use crate::ConfigError;
use crate::scope::is_scope_token;
use alloc::format;
use alloc::string::String;

/// Allows to list tools.
pub const TOOLS_READ: &str = "mcp:tools:read";
/// Allows to call tools.
pub const TOOLS_CALL: &str = "mcp:tools:call";
/// Allows to list and read resources.
pub const RESOURCES_READ: &str = "mcp:resources:read";
/// Allows to list and get prompts.
pub const PROMPTS_READ: &str = "mcp:prompts:read";

/// The four names, in the order above.
#[must_use]
pub const fn all() -> [&'static str; 4] {
    [TOOLS_READ, TOOLS_CALL, RESOURCES_READ, PROMPTS_READ]
}

/// Returns `<prefix>:<scope>`: the scope of one server among several that share an issuer.
///
/// The scope is one of the constants or a custom string.
///
/// # Errors
/// Fails if the prefix is not a scope-token or contains a `:` (two servers could then share a scope), or if the scope
/// is not a scope-token.
pub fn server(prefix: &str, scope: &str) -> Result<String, ConfigError> {
    if !is_scope_token(prefix) || prefix.contains(':') {
        return Err(ConfigError::new("prefix", format!("{prefix:?} is not a scope-token without `:`")));
    }
    // A token, a colon and a token form a token.
    if !is_scope_token(scope) {
        return Err(ConfigError::new("scope", format!("{scope:?} is not a scope-token")));
    }
    Ok(format!("{prefix}:{scope}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s9_all_lists_the_four_in_order() {
        assert_eq!(all(), ["mcp:tools:read", "mcp:tools:call", "mcp:resources:read", "mcp:prompts:read"]);
        assert!(all().into_iter().all(is_scope_token));
    }

    #[test]
    fn s9_server_form_is_prefix_colon_scope() {
        assert_eq!(server("search", TOOLS_CALL).unwrap(), "search:mcp:tools:call");
        assert_eq!(server("search", "index.rebuild").unwrap(), "search:index.rebuild");
    }

    #[test]
    fn s9_prefix_is_a_token_without_colon() {
        for prefix in ["", "a:b", ":", "a b", "é", "a\"b"] {
            assert_eq!(server(prefix, TOOLS_CALL).unwrap_err().member(), "prefix", "{prefix}");
        }
    }

    #[test]
    fn s9_result_is_a_token() {
        for scope in ["", "a b", "a\\b", "a\u{7F}"] {
            assert_eq!(server("search", scope).unwrap_err().member(), "scope", "{scope:?}");
        }
    }
}
