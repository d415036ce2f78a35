//! The examples of the RFCs, verified as they are printed there.

use attesto_core::Timestamp;
use attesto_core::crypto::{AwsLc, CryptoProvider, RustCrypto};
use attesto_core::dpop::{ProofContext, ProofError, ProofPolicy, check_proof};
use attesto_core::http::ObservedUri;
use attesto_core::jose::{CompactJws, Jwk, JwsLimits};
use attesto_core::limits;

fn providers() -> [&'static dyn CryptoProvider; 2] {
    const { [&RustCrypto::new(), &AwsLc::new()] }
}

/// Verifies a JWS under a key, and gives the payload.
fn verified(jws: &str, jwk: &str) -> Vec<u8> {
    let jws = CompactJws::split(jws.as_bytes(), JwsLimits::ACCESS_TOKEN).expect("three segments");
    let mut buffer = Vec::new();
    let algorithm = jws.header(&mut buffer).expect("a header").alg;
    let mut signature = [0; limits::SIGNATURE];
    let signature = jws.signature(&mut signature).expect("base64url");
    let jwk = Jwk::from_json(jwk.as_bytes()).expect("a key");
    for provider in providers() {
        let key = provider.verifying_key(jwk.key()).expect("a sound key");
        key.verify(algorithm, jws.signing_input(), signature).expect("the RFC's signature");
    }
    jws.payload(&mut buffer).expect("a payload").to_vec()
}

const CLAIMS: &str = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

#[test]
fn j12_rfc_7515_appendix_a_2_rs256() {
    let jwk = format!(r#"{{"kty":"RSA","n":"{N}","e":"AQAB"}}"#);
    let jws = format!("eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.{RS256}");
    assert_eq!(verified(&jws, &jwk), CLAIMS.as_bytes());
}

#[test]
fn j12_rfc_7515_appendix_a_3_es256() {
    let jwk = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    let jws = format!("eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}.{ES256}");
    assert_eq!(verified(&jws, jwk), CLAIMS.as_bytes());
}

#[test]
fn j12_rfc_8037_appendix_a_4_eddsa() {
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    assert_eq!(verified(RFC_8037, jwk), b"Example of Ed25519 signing");
}

#[test]
fn j16_rfc_7638_section_3_1_thumbprint() {
    let jwk = format!(r#"{{"kty":"RSA","n":"{RFC_7638_N}","e":"AQAB","alg":"RS256","kid":"2011-04-29"}}"#);
    let jwk = Jwk::from_json(jwk.as_bytes()).expect("a key");
    for provider in providers() {
        let thumbprint = jwk.thumbprint(|parts| provider.sha256(parts));
        assert_eq!(thumbprint.to_string(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }
}

#[test]
fn d8_rfc_9449_section_4_1_proof_for_the_token_endpoint() {
    let check = |now| check(TOKEN_PROOF, "POST", "https://server.example.com/token", None, now);
    assert_eq!(check(1_562_262_616), Ok("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".to_owned()));
    assert_eq!(check(1_562_262_616 + 61), Err(ProofError::ProofExpired));
}

#[test]
fn d13_rfc_9449_section_7_1_proof_names_its_access_token() {
    let check = |token| {
        let url = "https://resource.example.org/protectedresource";
        check(RESOURCE_PROOF, "GET", url, Some(token), 1_562_262_618)
    };
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    assert_eq!(check(token), Ok("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".to_owned()));
    assert_eq!(check("another"), Err(ProofError::InvalidAth));
}

fn check(proof: &str, method: &str, url: &str, token: Option<&str>, now: u64) -> Result<String, ProofError> {
    let uri = ObservedUri::parse(url).expect("a URL");
    let request = ProofContext { method, uri: &uri, access_token: token };
    let now = Timestamp::from_secs(now);
    let check = |provider| {
        check_proof(proof.as_bytes(), &request, &ProofPolicy::new(), provider, now).map(|proof| proof.jkt().to_string())
    };
    let [pure, aws] = providers().map(check);
    assert_eq!(pure, aws, "the providers agree");
    pure
}

const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const RS256: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9\
     uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB\
     _eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq\
     Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const ES256: &str = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR\
     T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB\
     dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia\
     GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const RFC_8037: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6\
     dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
const RFC_7638_N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB\
     ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8\
     KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_\
     xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
const TOKEN_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZ\
     OXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIs\
     ImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmV\
     yLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4Pt\
     FLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
const RESOURCE_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZ\
     OXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIs\
     ImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJ\
     jZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05\
     yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmc\
     w6Fy1dqd-jfxSYoMxhAJpLjA";
