//! Origins of the scripts of clients that run in browsers (RFC 6454; EP-11).

/// Whether this can be an origin as browsers send it: `scheme://host`, with a port if it is not the scheme's.
/// RFC 6454 §6.2. Neither `null`, which every sandboxed page sends, nor `*`.
pub(crate) fn is_origin(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && !b"/?#@*,\\".contains(&byte);
    text.split_once("://").is_some_and(|(scheme, host)| {
        let named = !scheme.is_empty() && !host.is_empty() && !scheme.contains(':');
        named && scheme.bytes().all(legal) && host.bytes().all(legal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ep11_an_origin_is_what_browsers_send_as_one() {
        for origin in [
            "https://app.example",
            "https://app.example:8443",
            "http://localhost:5173",
            "http://[::1]:5173",
            "https://xn--bcher-kva.example",
            "chrome-extension://abcdefghijklmnop",
        ] {
            assert!(is_origin(origin), "{origin}");
        }
        for other in [
            "null",
            "*",
            "",
            "https://",
            "://app.example",
            "app.example",
            "https://app.example/",
            "https://app.example/cb",
            "https://APP.example",
            "https://*.example",
            "https://a.example, https://b.example",
            "https://a@app.example",
            "https://app.example#",
            "https://app.example?",
            "https://app .example",
            "https://app.example\r\nset-cookie: a=b",
            "https://b\u{fc}cher.example",
        ] {
            assert!(!is_origin(other), "{other}");
        }
    }
}
