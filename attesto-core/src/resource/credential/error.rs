//! Why a request has no usable credential.

reasons! {
    /// The request has no usable credential (C1 to C10). One variant per rule.
    pub enum CredentialError {
        /// The request carries no credential in any accepted channel. RFC 6750 §3.1; C1: 401 without an error.
        Missing => "missing_credentials", "no credentials";
        /// `Authorization` has another scheme, or one that is not enabled. RFC 6750 §3; C4: 401 without an error.
        UnsupportedScheme => "unsupported_scheme", "the authentication scheme is not accepted here";
        /// `Authorization` is longer than the limit; it was not decoded. J1: 400.
        TooLarge => "too_large", "the credentials are longer than the limit";
        /// `Authorization` is not: scheme, one or more spaces, token68. RFC 9110 §11.4, RFC 6750 §2.1; C2, C3: 400.
        Malformed => "malformed_credentials", "the credentials are malformed";
        /// Two or more `Authorization` field lines, equal or not. RFC 6750 §3.1; C5: 400.
        MultipleHeaders => "multiple_credentials", "several Authorization fields";
        /// The request presents tokens by two methods, for example header and body. RFC 6750 §2; C6: 400.
        MultipleMethods => "multiple_credentials", "credentials by several methods";
        /// The query has `access_token`, with any value. RFC 9700 §4.3.2, RFC 6750 §5.3; C7: 400.
        QueryToken => "query_token", "an access token in the query";
        /// A form body that carries a token is longer than [`limits::FORM_BODY`](crate::limits::FORM_BODY). C8: 400.
        FormTooLarge => "too_large", "the form body is longer than the limit";
        /// `access_token` occurs twice in the form body. RFC 6750 §2.2 and §3.1; C8: 400.
        FormRepeated => "multiple_credentials", "several tokens in the form body";
        /// A form body that carries a token is not all ASCII, after decoding. RFC 6750 §2.2; C8: 400.
        FormNotAscii => "malformed_credentials", "the form body is not ASCII";
        /// `access_token` of the form body is empty. C8: 400.
        FormEmpty => "malformed_credentials", "the token in the form body is empty";
        /// `access_token` of the form body is not token68. RFC 6750 §2.1; C8: 400.
        FormMalformed => "malformed_credentials", "the token in the form body is malformed";
        /// The host's extractor returned a token that is not token68. C9: 400.
        ExtractorMalformed => "malformed_credentials", "the extracted token is malformed";
        /// The host's extractor failed. C9: 503.
        ExtractorUnavailable => "extractor_unavailable", "the credential extractor is unavailable";
    }
}
