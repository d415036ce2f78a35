//! Detects browsers embedded in other applications, as far as they identify themselves (RFC 8252 §8.12; catalogue
//! AZ-2).

use crate::authorization::error::at_endpoint::RequestError;
use crate::authorization::error::reason::Reason;
use crate::http::HeaderLines;

/// The markers of in-app browsers of well-known applications.
const APPLICATIONS: [&[u8]; 6] = [b"FBAN/", b"FBAV/", b"FB_IAB/", b"Instagram ", b"MicroMessenger/", b" Line/"];

/// Refuses embedded browsers. An application can read and modify a login page in its own web view. Such views can send
/// any User-Agent, so this refuses only the honest ones: it is advice to application developers, not a defence. AZ-2.
pub(crate) fn is_no_embedded_user_agent(headers: &dyn HeaderLines) -> Result<(), Reason> {
    let mut embedded = false;
    headers.visit("user-agent", &mut |line| embedded |= is_embedded(line));
    if embedded { Err(Reason::Request(RequestError::EmbeddedUserAgent)) } else { Ok(()) }
}

/// Whether the User-Agent is that of a web view. Android's WebView sends `wv`, or, in old versions, `Version` besides
/// `Chrome`. Every browser based on WebKit sends `Safari`; Apple's bare web view does not.
fn is_embedded(user_agent: &[u8]) -> bool {
    let says = |word: &[u8]| user_agent.windows(word.len()).any(|window| window == word);
    let android = says(b"Android") && (says(b"; wv)") || (says(b"Version/") && says(b" Chrome/")));
    let apple = says(b"AppleWebKit/") && !says(b"Safari/");
    android || apple || APPLICATIONS.iter().any(|application| says(application))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str]) -> Result<(), Reason> {
        let headers: alloc::vec::Vec<(&str, &[u8])> =
            lines.iter().map(|line| ("User-Agent", line.as_bytes())).collect();
        is_no_embedded_user_agent(&headers.as_slice())
    }

    const IPHONE: &str =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";

    #[test]
    fn az2_embedded_browsers_are_recognised_by_their_user_agent() {
        let bare = alloc::format!("{IPHONE} Mobile/15E148");
        for agent in [
            "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.0.0 Mobile \
             Safari/537.36",
            "Mozilla/5.0 (Linux; Android 5.0; SM-G900P) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/37.0.0.0 Mobile \
             Safari/537.36",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
            &bare,
            &alloc::format!("{bare} Safari/604.1 [FBAN/FBIOS;FBAV/480.0]"),
            &alloc::format!("{bare} Safari/604.1 Instagram 355.0"),
            &alloc::format!("{bare} Safari/604.1 MicroMessenger/8.0.53"),
            &alloc::format!("{bare} Safari/604.1 Line/14.18.0"),
        ] {
            assert_eq!(check(&[agent]), Err(Reason::Request(RequestError::EmbeddedUserAgent)), "{agent}");
            assert_eq!(
                check(&["Mozilla/5.0", agent]),
                Err(Reason::Request(RequestError::EmbeddedUserAgent)),
                "{agent}"
            );
        }
    }

    #[test]
    fn az2_browsers_are_let_through() {
        for agent in [
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
            &alloc::format!("{IPHONE} Version/18.1 Mobile/15E148 Safari/604.1"),
            &alloc::format!("{IPHONE} CriOS/130.0.6723.90 Mobile/15E148 Safari/604.1"),
            &alloc::format!("{IPHONE} FxiOS/132.0 Mobile/15E148 Safari/605.1.15"),
            "curl/8.10.1",
            "",
        ] {
            assert_eq!(check(&[agent]), Ok(()), "{agent}");
        }
        assert_eq!(check(&[]), Ok(()), "who says nothing is not guessed at");
    }
}
