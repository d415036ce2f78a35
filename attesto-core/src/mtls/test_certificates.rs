//! Certificates for tests, as base64 of DER.

use alloc::vec;
use alloc::vec::Vec;
use base64ct::{Base64, Encoding};

/// Decodes one of the texts below.
pub(crate) fn der(base64: &str) -> Vec<u8> {
    Base64::decode_vec(base64).unwrap()
}

/// Certificates that every reader of X.509 accepts.
pub(crate) const ALL: [(&str, &str); 8] = [
    ("RFC 8705", RFC8705),
    ("RFC 9440", RFC9440),
    ("RSA", RSA),
    ("P-256", P256),
    ("Ed25519", ED25519),
    ("version 1", VERSION_1),
    ("negative serial", NEGATIVE_SERIAL),
    ("named in every way", NAMED),
];

/// Certificates that OpenSSL makes and strict readers refuse.
pub(crate) const ODD: [(&str, &str); 2] =
    [("serial of 32 bytes", LONG_SERIAL), ("extension named by a UUID", UUID_EXTENSION)];

/// RFC 8705 Appendix A.
pub(crate) const RFC8705: &str = "\
    MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAxODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwE\
    bXRsczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ/Au08/coZwxS7LfA4vOLS9WuneIXhbGG\
    WvsDSb0tH6IxLm8wCgYIKoZIzj0EAwIDSQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOVbUlJSGQgjwD5vaUa\
    KlLR50Q2DmFfQj1L+SY=";

/// RFC 9440 Appendix A.
pub(crate) const RFC9440: &str = "\
    MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0\
    ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaU\
    gmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAW\
    gBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1w\
    bGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBV\
    oU4hBVZ1yhk=";

/// `openssl req -x509 -newkey rsa:2048`
pub(crate) const RSA: &str = "\
    MIIDBTCCAe2gAwIBAgIUN1S3bW1emdowGJCrqmb4aBVKcP4wDQYJKoZIhvcNAQELBQAwETEPMA0GA1UEAwwGY2xpZW50MCAXDTI2MTEyMDIzMTYz\
    NVoYDzIxMjYxMDI3MjMxNjM1WjARMQ8wDQYDVQQDDAZjbGllbnQwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCvTNbA6UaKY1fa4qLe\
    tiX0e3YjL+ZmD2qJ3Dx5hEWxLr+nqUs+NXP7RHOFkXA/4se2hfRLk6qsHlXQPQtrGe4UsyIVasYpqg7Jui73Oml8q+o5ziEqkacUeJSNNYbQBLb/\
    qEK4lNlKeynBZufF8IfuoWkY1BRvMNsOKKygL8tE/ffUFkboktYXD6duSvueadU8/185XqDvTL6FDIBk0GBEOgO4QamhWAOG9Ua4m+AGvr4jTVtp\
    3IcU+w2KQS7TRfj6iXo1++gQzuDbBfd/xYu4D2oc9vu+cQvrGwP9+ZrPsnbf2xh4DvDiDlna702vYZCFgy7z6hEVAc4SytzDtRFXAgMBAAGjUzBR\
    MB0GA1UdDgQWBBTaTzW8rt1jq3U0QXzytRWrRptBRTAfBgNVHSMEGDAWgBTaTzW8rt1jq3U0QXzytRWrRptBRTAPBgNVHRMBAf8EBTADAQH/MA0G\
    CSqGSIb3DQEBCwUAA4IBAQAxkGZIZnwTaf/+Fn5CUD3hV8jHoqeSTLcqXxgOwNZlEPHrxgIDBnq9xHjISijbzIqGzkcAlcHwJpMY+rUeXy0QYBiE\
    YQHrDrqJLBmnkcdjVcvdd8UTwprPbrAW0k5exyEsbbqufZtaFZpA1drawf1DYsW+YanTT5f/sB3krBfzrbdNY8oB2ta4Mkb7XuELPvBWQiU4nbfj\
    qhDvpchP3qI3FjJRuRHrRAKuA70oocOg5/isI66SSVQYUoSLc+VjZnKNBTYArlsPtJB8Bd+RIxbmbLZOeAHg2nsUXqdKbcMQ7Tn7Zv5S9Pyt8ejL\
    5QPs0fyKgt1LMISeewsvEwodIfCN";

/// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256`
pub(crate) const P256: &str = "\
    MIIBeTCCAR+gAwIBAgIUCicA2AHBpaLGYOaBIgwJeWgkKa4wCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwGY2xpZW50MCAXDTI2MTEyMDIzMTYzNVoY\
    DzIxMjYxMDI3MjMxNjM1WjARMQ8wDQYDVQQDDAZjbGllbnQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASP0QW+ezQBfhoadDImIyTR4+7e2Qpm\
    vSByA7VhswggB+V8D40Uu0wS673zN4SRkbTKGolOStFoJE4Ji3NjJfVBo1MwUTAdBgNVHQ4EFgQUkCL+Bnds3fTkIreV5sTFxiyOkmYwHwYDVR0j\
    BBgwFoAUkCL+Bnds3fTkIreV5sTFxiyOkmYwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA3C9QIzOqIapExANEdzCOcNgnOmdm\
    6BNu3fEUMJblx3wCIBLV0a1uUuG8YahbU2oL3vz0BssyEuM5bjDh6ri8rLWX";

/// `openssl req -x509 -newkey ed25519`
pub(crate) const ED25519: &str = "\
    MIIBODCB66ADAgECAhRRWzZc/odu7bo8KGAyhES+2P4t1jAFBgMrZXAwETEPMA0GA1UEAwwGY2xpZW50MCAXDTI2MTEyMDIzMTYzNVoYDzIxMjYx\
    MDI3MjMxNjM1WjARMQ8wDQYDVQQDDAZjbGllbnQwKjAFBgMrZXADIQDY9qA4T/Xz8BI6oFV62D5eP4NVMkKUBCxzt9xBOH5C2aNTMFEwHQYDVR0O\
    BBYEFNu8O7s8w//om3axlIiRZvJ49LWAMB8GA1UdIwQYMBaAFNu8O7s8w//om3axlIiRZvJ49LWAMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EA\
    /1aSKXGvzF8SejbtsavhAPznsQMEcEQJxwz0i2gj5GK6l/oA7b7fRPmeobT5W5BhapiWnl+HN/MlAK60gmchBA==";

/// `openssl x509 -req -signkey`, without extensions.
pub(crate) const VERSION_1: &str = "\
    MIIBFTCBuwIUEKAPMLGIdc7OHQ4v9cPwVbhQHBcwCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCdjEwHhcNMjYxMTIwMjMxNjM1WhcNMjcwMjI4MjMx\
    NjM1WjANMQswCQYDVQQDDAJ2MTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABI/RBb57NAF+Ghp0MiYjJNHj7t7ZCma9IHIDtWGzCCAH5XwPjRS7\
    TBLrvfM3hJGRtMoaiU5K0WgkTgmLc2Ml9UEwCgYIKoZIzj0EAwIDSQAwRgIhAO9wAOVIbq9oc0Vdivdq0atWbv+rEmZq6KkC3ks9eu/eAiEA1SRX\
    OqdVYnyi1KiX6KHwS2pr4Uibm7Ljf83E6C85KBk=";

/// `openssl req -x509 -set_serial -5`
pub(crate) const NEGATIVE_SERIAL: &str = "\
    MIIBZTCCAQygAwIBAgIB+zAKBggqhkjOPQQDAjARMQ8wDQYDVQQDDAZjbGllbnQwIBcNMjYxMTIwMjMxNjM1WhgPMjEyNjEwMjcyMzE2MzVaMBEx\
    DzANBgNVBAMMBmNsaWVudDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABI/RBb57NAF+Ghp0MiYjJNHj7t7ZCma9IHIDtWGzCCAH5XwPjRS7TBLr\
    vfM3hJGRtMoaiU5K0WgkTgmLc2Ml9UGjUzBRMB0GA1UdDgQWBBSQIv4Gd2zd9OQit5XmxMXGLI6SZjAfBgNVHSMEGDAWgBSQIv4Gd2zd9OQit5Xm\
    xMXGLI6SZjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIBMDmB6UwUVmiQgHO7Rlc9nF9Ch7AFoaAC8MJbv47nQkAiBDrvHjHa3N\
    OI/f34uuMD7aKSG3SW/LzAUpAlbueSKYVw==";

/// `openssl req -x509 -set_serial 0x7fff...`, 32 bytes.
pub(crate) const LONG_SERIAL: &str = "\
    MIIBhTCCASugAwIBAgIgf/////////////////////////////////////////8wCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwGY2xpZW50MCAXDTI2\
    MTEyMDIzMTYzNVoYDzIxMjYxMDI3MjMxNjM1WjARMQ8wDQYDVQQDDAZjbGllbnQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASP0QW+ezQBfhoa\
    dDImIyTR4+7e2QpmvSByA7VhswggB+V8D40Uu0wS673zN4SRkbTKGolOStFoJE4Ji3NjJfVBo1MwUTAdBgNVHQ4EFgQUkCL+Bnds3fTkIreV5sTF\
    xiyOkmYwHwYDVR0jBBgwFoAUkCL+Bnds3fTkIreV5sTFxiyOkmYwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA0On4/EISx/dS\
    y2308knicTRixfiG4j3yxImT0HO6yRICIA8Xhr7RydOVB4CxZRACy+38L5pv4Y9syvAE2YNZAyyY";

/// `openssl req -x509 -addext 2.25.329800735698586629295641978511506172918=...`
pub(crate) const UUID_EXTENSION: &str = "\
    MIIBljCCATygAwIBAgIUYtI5JNMDF07CqdE1AFq6cD2Xm5wwCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwGY2xpZW50MCAXDTI2MTEyMDIzMTYzNVoY\
    DzIxMjYxMDI3MjMxNjM1WjARMQ8wDQYDVQQDDAZjbGllbnQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASP0QW+ezQBfhoadDImIyTR4+7e2Qpm\
    vSByA7VhswggB+V8D40Uu0wS673zN4SRkbTKGolOStFoJE4Ji3NjJfVBo3AwbjAdBgNVHQ4EFgQUkCL+Bnds3fTkIreV5sTFxiyOkmYwHwYDVR0j\
    BBgwFoAUkCL+Bnds3fTkIreV5sTFxiyOkmYwDwYDVR0TAQH/BAUwAwEB/zAbBhRpg/Cdp+vP3uDHoaeywJSMyPnXdgQDDAF4MAoGCCqGSM49BAMC\
    A0gAMEUCIQCpGmCntIFlzpMjadTxH2uCfkcxgYz/LLxfuYDrqC4DYwIgE6YvMV+yqOLMrtXBWvoBohbtMHhAO/q8ZQGoLSMKqME=";

/// `openssl req -x509 -multivalue-rdn` with a subject of six relative names, and an alternative name of each kind, one a wildcard.
pub(crate) const NAMED: &str = "\
    MIIC6jCCAo+gAwIBAgIUeKPJW4bkGxhmegpLp7msdGOgXUQwCgYIKoZIzj0EAwIwgZIxEzARBgoJkiaJk/IsZAEZFgNuZXQxFzAVBgoJkiaJk/IsZAEZ\
    FgdleGFtcGxlMQswCQYDVQQGEwJERTEVMBMGA1UECgwMQWNtZSwgIlNvbnMiMSAwDAYDVQQLDAVTYWxlczAQBgNVBAMMCUouICBTbWl0aDEKMAgGA1UE\
    BRMBNzEQMA4GA1UEAwwHTHXEjWnEhzAgFw0yNjExMjExMTI1NTRaGA8yMTI2MTAyODExMjU1NFowgZIxEzARBgoJkiaJk/IsZAEZFgNuZXQxFzAVBgoJ\
    kiaJk/IsZAEZFgdleGFtcGxlMQswCQYDVQQGEwJERTEVMBMGA1UECgwMQWNtZSwgIlNvbnMiMSAwDAYDVQQLDAVTYWxlczAQBgNVBAMMCUouICBTbWl0\
    aDEKMAgGA1UEBRMBNzEQMA4GA1UEAwwHTHXEjWnEhzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABL/jPo0rgUQ7NTHt+Hw0b3KVCw0ysiOTFu47oyz/\
    ANX/QX74gwXb6Emj5l2c7FL5EusbltXDJyctyGHawc0W8gyjgb4wgbswHQYDVR0OBBYEFNbRQwJr484awG+dpwOGWiTN43VOMB8GA1UdIwQYMBaAFNbR\
    QwJr484awG+dpwOGWiTN43VOMA8GA1UdEwEB/wQFMAMBAf8waAYDVR0RAQH/BF4wXIISQ2xpZW50LkV4YW1wbGUuY29tgg0qLmV4YW1wbGUubmV0hg51\
    cm46Y2xpZW50OkpvYocEwAACB4cQIAENuAAAAAAAAAAAAAAAB4EPSm9iQEV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0kAMEYCIQDYxvLx4Iy0SSJ4qR3I\
    WorpD0Zoy0PPL8eakVCG093hUAIhALYAWwa0TQq5Gc/BMoaekq12pZZZOGhHXPR4AHDVUUKo";
/// The subject of [`NAMED`] as `openssl x509 -nameopt RFC2253` writes it.
pub(crate) const NAMED_SUBJECT: &str =
    r#"CN=Lu\C4\8Di\C4\87,serialNumber=7,CN=J.  Smith+OU=Sales,O=Acme\, \"Sons\",C=DE,DC=example,DC=net"#;

/// A DER element.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = match length {
        0..=127 => vec![tag, length as u8],
        128..=255 => vec![tag, 0x81, length as u8],
        256..=0xFFFF => vec![tag, 0x82, (length >> 8) as u8, length as u8],
        _ => vec![tag, 0x83, (length >> 16) as u8, (length >> 8) as u8, length as u8],
    };
    out.extend(content);
    out
}

/// The certificate of RFC 8705 with another subject and these extensions, each in DER. Its signature no longer
/// verifies.
pub(crate) fn with_names(subject: &[u8], extensions: &[u8]) -> Vec<u8> {
    let one = der(RFC8705);
    let extensions = tlv(0xa3, &tlv(0x30, extensions));
    let tbs = [&tlv(0xa0, &[2, 1, 2])[..], &one[7..71], subject, &one[88..179], &extensions].concat();
    tlv(0x30, &[&tlv(0x30, &tbs)[..], &one[179..]].concat())
}
