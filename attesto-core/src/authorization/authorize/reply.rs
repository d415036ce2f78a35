//! The response to the client, sent through the browser (RFC 6749 §4.1.2, RFC 9207, RFC 9700 §4.12; AZ-30,
//! AZ-31).

use super::direct::guarded;
use super::html;
use super::redirect::{ResponseMode, VerifiedRedirect};
use crate::authorization::error::reason::Reason;
use crate::authorization::secret::Secret;
use crate::authorization::settings::server::Settings;
use crate::encoding::form;
use crate::http::{Header, ResponseParts};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl VerifiedRedirect {
    /// Builds the response with a code.
    pub(crate) fn code(&self, server: &Settings, code: &Secret) -> ResponseParts {
        self.answer(server, &[("code", code.as_str())])
    }

    /// Builds the response with an error, in the same mode. RFC 6749 §4.1.2.1; AZ-31.
    pub(crate) fn refuse(&self, server: &Settings, reason: Reason) -> ResponseParts {
        let description = reason.to_string();
        self.answer(server, &[("error", reason.error().code()), ("error_description", &description)])
    }

    /// Builds a response with the unchanged `state`, and with `iss`, so that the client knows which server responded.
    /// RFC 9207 §2; AZ-30.
    fn answer(&self, server: &Settings, parameters: &[(&str, &str)]) -> ResponseParts {
        let mut all: Vec<(&str, &str)> = parameters.to_vec();
        all.extend(self.state().map(|state| ("state", state)));
        all.push(("iss", &server.issuer));
        guarded(match self.mode() {
            ResponseMode::Query => see_other(appended(self.uri(), &all)),
            ResponseMode::Fragment => see_other([self.uri(), "#", &encoded(&all)].concat()), // a redirect URI has none of its own
            ResponseMode::FormPost => html::form_post(server.provider.as_ref(), self.uri(), &all),
        })
    }
}

fn see_other(location: String) -> ResponseParts {
    let mut response = ResponseParts::new(303);
    response.headers.push(Header::own("location", location));
    response
}

/// Appends parameters to a URI's query. The existing query is kept, byte for byte.
fn appended(uri: &str, parameters: &[(&str, &str)]) -> String {
    let query = encoded(parameters);
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, existing)) if existing.is_empty() || existing.ends_with('&') => "",
        Some(_) => "&",
    };
    [uri, separator, &query].concat()
}

fn encoded(parameters: &[(&str, &str)]) -> String {
    let mut encoded = String::new();
    for (name, value) in parameters {
        form::append(&mut encoded, name, value);
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    #[test]
    fn az30_the_existing_query_is_kept_byte_for_byte() {
        for (uri, expected) in [
            ("https://h/cb", "https://h/cb?code=c"),
            ("https://h/cb?", "https://h/cb?code=c"),
            ("https://h/cb?a=%7e&a=%7E&b", "https://h/cb?a=%7e&a=%7E&b&code=c"),
            ("https://h/cb?a&", "https://h/cb?a&code=c"),
            ("https://h/cb?a=x?y", "https://h/cb?a=x?y&code=c"),
            ("com.example:/cb", "com.example:/cb?code=c"),
        ] {
            assert_eq!(appended(uri, &[("code", "c")]), expected);
        }
    }

    proptest! {
        #[test]
        fn az30_appended_parameters_read_back_unchanged(values in prop::collection::vec(any::<String>(), 1..5), query in "[a-z=&%41]{0,12}") {
            let names = ["state", "error", "iss", "code", "x y"];
            let pairs: Vec<(&str, &str)> = names.into_iter().zip(values.iter().map(String::as_str)).collect();
            let uri = format!("https://h/cb?{query}");
            let location = appended(&uri, &pairs);
            prop_assert!(location.starts_with(&uri));
            prop_assert!(location.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'));
            let added = &location[uri.len()..];
            prop_assert_eq!(form::pairs(added.as_bytes()).count(), pairs.len());
            for (pair, (name, value)) in form::pairs(added.as_bytes()).zip(&pairs) {
                prop_assert!(pair.name_is(name));
                let decoded = pair.value().unwrap();
                prop_assert_eq!(decoded.as_ref(), value.as_bytes());
            }
        }
    }
}
