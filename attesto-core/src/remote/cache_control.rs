//! `Cache-Control` of a key set, as far as it shortens freshness (RFC 9111 §5.2.2).

/// For how many seconds a response may be kept. 0 for what must not be stored or not used without asking; `None` where the
/// field says nothing about it. Of several `max-age` the first counts, and one that is no number is stale (RFC 9111 §4.2.1).
pub(super) fn cacheable_for(value: &str) -> Option<u64> {
    let mut seconds = None;
    for directive in value.split(',') {
        let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
        let name = name.trim_ascii();
        if ["no-store", "no-cache"].iter().any(|end| name.eq_ignore_ascii_case(end)) {
            return Some(0);
        }
        if name.eq_ignore_ascii_case("max-age") && seconds.is_none() {
            let argument = argument.trim_ascii().trim_matches('"');
            let digits = !argument.is_empty() && argument.bytes().all(|byte| byte.is_ascii_digit());
            // More digits than a u64 holds: longer than anybody's limit.
            seconds = Some(if digits { argument.parse().unwrap_or(u64::MAX) } else { 0 });
        }
    }
    seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j22_cache_headers_may_shorten() {
        for (value, seconds) in [
            ("max-age=60", Some(60)),
            ("public, Max-Age=60, must-revalidate", Some(60)),
            ("max-age=\"60\"", Some(60)),
            ("max-age=60, max-age=90", Some(60)),
            ("max-age=60, no-cache", Some(0)),
            ("no-store", Some(0)),
            ("NO-CACHE=\"set-cookie\"", Some(0)),
            ("max-age", Some(0)),
            ("max-age=-1", Some(0)),
            ("max-age=1.5", Some(0)),
            ("max-age=99999999999999999999999", Some(u64::MAX)),
            ("public", None),
            ("s-maxage=5", None),
            ("", None),
        ] {
            assert_eq!(cacheable_for(value), seconds, "{value}");
        }
    }
}
