//! Why a request has no origin that may carry credentials.

reasons! {
    /// The origin of a request cannot be determined, or must not carry credentials (P11 to P14).
    pub enum OriginError {
        /// The effective scheme is not `https`. RFC 6750 §5.3; P14.
        InsecureTransport => "insecure_transport", "the request did not come over TLS";
        /// Neither a `Host` field nor an authority in the request target. RFC 9112 §3.2; P11.
        MissingHost => "invalid_host", "the request names no host";
        /// More than one `Host` field line, equal or not. RFC 9112 §3.2; P11.
        SeveralHosts => "invalid_host", "the request has several Host fields";
        /// `Host` or the request target's authority is not a host with an optional port. RFC 9110 §7.2; P11.
        InvalidHost => "invalid_host", "the host is not a valid host";
        /// `Host` and the request target's authority name different hosts. RFC 9113 §8.3.1; P11.
        HostsDisagree => "invalid_host", "Host and the request target name different hosts";
        /// The forwarded field is not a list of the right form, or an element has a parameter twice.
        /// RFC 7239 §4; P13.
        ForwardedMalformed => "invalid_forwarded", "the forwarded field is malformed";
        /// The forwarded field has too many elements or too long a line. P13.
        ForwardedTooLong => "invalid_forwarded", "the forwarded field is too long";
        /// The forwarded scheme is neither `http` nor `https`, nor one of WebSockets. RFC 7239 §5.4; P13.
        ForwardedProto => "invalid_forwarded", "the forwarded scheme is neither http nor https";
        /// The forwarded host is not a host with an optional port. RFC 7239 §5.3; P13.
        ForwardedHost => "invalid_forwarded", "the forwarded host is not a valid host";
        /// The forwarded port is not 1 to 65535. P13.
        ForwardedPort => "invalid_forwarded", "the forwarded port is not a port";
    }
}
