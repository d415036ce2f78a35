//! Reads `Cache-Control` of a key set, as far as it shortens freshness (RFC 9111 §5.2.2).

/// Returns for how many seconds a response may be cached: 0 if it must not be stored or not be used without
/// revalidation, `None` if the field has no such directive. The first `max-age` counts, and an invalid one means stale
/// (RFC 9111 §4.2.1).
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
            // More digits than a u64 holds: longer than any limit.
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
