//! P11, P13, P14.

use super::row::{Row, Told, bearer, row};
use crate::{Call, World};
use attesto_core::http::OriginError::*;
use attesto_core::http::{ForwardedHeader, OriginPolicy, TrustedProxies, XForwarded};
use attesto_core::resource::ResourceServerBuilder;

const MALFORMED: Told = Told::Error(400, "DPoP", "invalid_request");

fn behind_proxy(header: impl Into<ForwardedHeader>) -> impl Fn(&World, ResourceServerBuilder) -> ResourceServerBuilder {
    let header = header.into();
    move |_, builder| {
        let proxies = TrustedProxies::parse(["loopback"]).expect("a known word");
        builder.origin(OriginPolicy::behind(proxies, header))
    }
}

fn forwarded(name: &'static str, value: &'static str) -> impl Fn(&World) -> Call {
    move |world| {
        let mut call = bearer(world).header(name, value);
        call.peer = Some([127, 0, 0, 1].into());
        call.tls = false;
        call
    }
}

pub(super) fn rows() -> Vec<Row> {
    let good = || forwarded("forwarded", "proto=https;host=mcp.example.com");
    let by_forwarded = |name, reason, value| {
        row(name, reason, MALFORMED, forwarded("forwarded", value))
            .on(behind_proxy(ForwardedHeader::Forwarded))
            .mended_by(good())
    };
    let long = "proto=https,".repeat(33) + "proto=https";
    vec![
        row("p14 plain http", InsecureTransport, Told::Error(401, "DPoP", "invalid_token"), |world| {
            let mut call = bearer(world);
            call.tls = false;
            call
        }),
        row("p11 no host", MissingHost, MALFORMED, |world| bearer(world).without("host")),
        row("p11 two hosts", SeveralHosts, MALFORMED, |world| bearer(world).header("host", "mcp.example.com")),
        row("p11 host is none", InvalidHost, MALFORMED, |world| bearer(world).without("host").header("host", "a b")),
        row("p11 target and host disagree", HostsDisagree, MALFORMED, |world| {
            let mut call = bearer(world);
            call.authority = Some("evil.example.com".into());
            call
        })
        .mended_by(|world| {
            let mut call = bearer(world);
            call.authority = Some("mcp.example.com".into());
            call
        }),
        by_forwarded("p13 malformed", ForwardedMalformed, "proto=https;;host=\"mcp.example.com"),
        by_forwarded("p13 proto", ForwardedProto, "proto=gopher;host=mcp.example.com"),
        by_forwarded("p13 host", ForwardedHost, "proto=https;host=\"a b\""),
        row("p13 too long", ForwardedTooLong, MALFORMED, move |world| forwarded_owned(world, &long))
            .on(behind_proxy(ForwardedHeader::Forwarded))
            .mended_by(good()),
        row("p13 port", ForwardedPort, MALFORMED, |world| {
            forwarded("x-forwarded-proto", "https")(world).header("x-forwarded-port", "0")
        })
        .on(behind_proxy(XForwarded::PROTO.and(XForwarded::PORT)))
        .mended_by(|world| forwarded("x-forwarded-proto", "https")(world).header("x-forwarded-port", "443")),
    ]
}

fn forwarded_owned(world: &World, value: &str) -> Call {
    let mut call = bearer(world).header("forwarded", value);
    call.peer = Some([127, 0, 0, 1].into());
    call.tls = false;
    call
}
