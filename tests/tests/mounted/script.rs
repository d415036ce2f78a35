//! A long list of requests, good and bad, whose answers must be those of the core, byte for byte, whatever carries them.

use crate::issuer::{Issuer, NOW, REDIRECT, SECRET};
use attesto_core::Timestamp;
use attesto_core::dpop::ProofMaker;
use attesto_core::encoding::form;
use attesto_core::http::{Connection, RequestParts};
use attesto_tests::client::{Answer, Request};
use attesto_tests::servers::{CLASS, Mounted, mark};
use attesto_tests::{CHALLENGE, VERIFIER, counter, ed25519, provider};

/// Header fields that are not the core's, and why.
const NOT_COMPARED: [(&str, &str); 5] = [
    ("date", "the wall clock, which each HTTP library reads itself"),
    ("server", "the HTTP library's own name"),
    ("connection", "hop-by-hop (RFC 9110 §7.6.1): whether the library keeps the connection"),
    ("transfer-encoding", "hop-by-hop: how the library frames a body; the body itself is compared"),
    ("content-length", "the same: given where the library frames by length, and optional for HEAD"),
];

const FORM: &str = "application/x-www-form-urlencoded";
const PROTOCOL: [&str; 4] = ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/par"];

/// A request to the server.
pub(crate) fn to(method: &str, target: &str) -> Request {
    let headers = vec![("host".into(), b"as.example".to_vec())];
    Request { method: method.into(), target: target.into(), headers, body: Vec::new() }
}

/// A form for an endpoint.
pub(crate) fn posted(path: &str, body: &str) -> Request {
    to("POST", path).header("content-type", FORM).body(body)
}

/// A browser's visit, of a user who is logged in.
pub(crate) fn visit() -> Request {
    let redirect = form::encode(REDIRECT);
    let query = format!(
        "response_type=code&client_id=app&redirect_uri={redirect}&state=xyz&scope=read+openid&code_challenge={CHALLENGE}\
         &code_challenge_method=S256"
    );
    to("GET", &format!("/oauth/authorize?{query}"))
}

pub(crate) fn logged_in(request: Request) -> Request {
    request.header("cookie", "sid=usr_1")
}

/// The redemption of a code.
pub(crate) fn redemption(code: &str) -> String {
    let redirect = form::encode(REDIRECT);
    format!("grant_type=authorization_code&client_id=app&code={code}&redirect_uri={redirect}&code_verifier={VERIFIER}")
}

pub(crate) fn refreshment(token: &str) -> String {
    format!("grant_type=refresh_token&client_id=app&refresh_token={token}")
}

/// Credentials of the client `job`.
pub(crate) fn basic(secret: &str) -> String {
    format!("Basic {}", base64(format!("job:{secret}").as_bytes()))
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    let mut text = attesto_core::encoding::base64url::encode(bytes).replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// The code in a redirect back to the client.
pub(crate) fn code_in(answer: &Answer) -> String {
    let [location] = answer.all("location")[..] else { panic!("no redirect: {answer:?}") };
    let (_, rest) = location.split_once("?code=").unwrap_or_else(|| panic!("no code in {location}"));
    rest.split('&').next().unwrap_or_default().to_owned()
}

/// A member of a JSON body.
pub(crate) fn member(answer: &Answer, name: &str) -> String {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"));
    body[name].as_str().unwrap_or_else(|| panic!("no {name}: {answer:?}")).to_owned()
}

/// Returns the compared parts of a response, with its fields in alphabetical order.
pub(crate) fn comparable(mut answer: Answer) -> Answer {
    answer.headers.retain(|(name, _)| NOT_COMPARED.iter().all(|(not, _)| name != not));
    answer.headers.sort();
    answer
}

/// Everything that was asked and answered.
pub(crate) struct Recorded(Vec<(Request, Answer)>);

impl Recorded {
    /// Sends the whole script. What an answer holds (codes, tokens) goes into later requests.
    pub(crate) fn new(send: impl FnMut(&Request) -> Answer) -> Self {
        let mut script = Script { send, recorded: Vec::new() };
        script.documents();
        for path in PROTOCOL {
            script.faults(path);
        }
        script.clients();
        script.codes();
        script.visits();
        Self(script.recorded)
    }

    /// Fails with the first differences.
    pub(crate) fn assert_is(&self, expected: &Self) {
        assert_eq!(self.0.len(), expected.0.len());
        let different = self.0.iter().zip(&expected.0).filter(|(one, other)| one.1 != other.1);
        let shown: Vec<String> = different
            .map(|((request, answer), (_, expected))| {
                format!("{request:?}\n  is answered {answer:?}\n  and not {expected:?}\n")
            })
            .collect();
        assert!(shown.is_empty(), "{} answers differ:\n{}", shown.len(), shown[..shown.len().min(3)].join("\n"));
    }

    /// How often each status was answered.
    pub(crate) fn statuses(&self) -> std::collections::BTreeMap<u16, usize> {
        self.0.iter().fold(std::collections::BTreeMap::new(), |mut counts, (_, answer)| {
            *counts.entry(answer.status).or_default() += 1;
            counts
        })
    }
}

/// The script, sent to the core itself, through no adapter and no socket.
pub(crate) fn expected() -> Recorded {
    let issuer = Issuer::new();
    let Mounted::ByClass(endpoints) = issuer.mounted else { panic!("by class") };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    Recorded::new(|request| {
        let (path, query) = match request.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (&*request.target, None),
        };
        let headers: Vec<(&str, &[u8])> =
            request.headers.iter().map(|(name, value)| (&**name, value.as_slice())).collect();
        let headers = headers.as_slice();
        let mut parts = RequestParts::new(&request.method, path, &headers).query(query).connection(Connection::new());
        if endpoints.wants_body(&request.method, path) {
            parts = parts.form_body(&request.body);
        }
        let response = runtime.block_on(endpoints.respond(&parts)).expect("an endpoint");
        let fields = response.headers.iter().map(|field| (field.name().to_owned(), field.value().to_string()));
        let class = endpoints.server().class_of(path).map(|class| (CLASS.to_owned(), mark(class).to_owned()));
        let body = if request.method == "HEAD" { Vec::new() } else { response.body };
        comparable(Answer { status: response.status, headers: fields.chain(class).collect(), body })
    })
}

struct Script<S> {
    send: S,
    recorded: Vec<(Request, Answer)>,
}

impl<S: FnMut(&Request) -> Answer> Script<S> {
    fn send(&mut self, request: Request) -> Answer {
        // Every other one comes from a browser's script, and the response lists the headers it may read.
        let from_script = self.recorded.len() % 2 == 1;
        let request = if from_script { request.header("origin", "https://app.example") } else { request };
        let answer = comparable((self.send)(&request));
        self.recorded.push((request, answer.clone()));
        answer
    }

    fn documents(&mut self) {
        for path in ["oauth-authorization-server", "openid-configuration", "jwks.json"] {
            for method in ["GET", "HEAD", "OPTIONS", "POST", "DELETE"] {
                self.send(to(method, &format!("/.well-known/{path}")));
            }
            self.send(to("GET", &format!("/.well-known/{path}?a=b")));
        }
    }

    /// What is wrong before anybody asks what is wanted.
    fn faults(&mut self, path: &str) {
        for method in ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"] {
            self.send(to(method, path));
        }
        let good = "grant_type=client_credentials&client_id=post&client_secret=hunter2-hunter2&token=t";
        for content_type in ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "x"] {
            self.send(to("POST", path).header("content-type", content_type).body(good));
        }
        self.send(to("POST", path).body(good));
        self.send(posted(path, good).header("content-type", FORM));
        for body in [
            "",
            "&&&=",
            "client_id=%",
            "client_id=%ff",
            "client_id=%zz&x",
            "client_id=app&client_id=app",
            "token=a&token=b&client_id=app",
            "client_id=nobody&client_secret=x&token=t",
            "client_id=post&client_secret=wrong&token=t",
            "client_id=post&token=t",
            "client_id=job&client_secret=hunter2-hunter2&token=t",
            "client_id=%22quote%0d%0aset-cookie:a=b&token=t",
        ] {
            self.send(posted(path, body));
        }
        self.send(posted(&format!("{path}?client_secret=x"), good));
        self.send(posted(&format!("{path}?trace=1"), good));
        for authorization in [
            "Basic",
            "Basic !",
            "Basic dTpw",
            "Bearer x",
            &basic("wrong"),
            &format!("{} ", basic(SECRET)),
            "basic  Og==",
        ] {
            self.send(posted(path, "grant_type=client_credentials&token=t").header("authorization", authorization));
        }
        let twice =
            posted(path, "token=t").header("authorization", basic(SECRET)).header("authorization", basic(SECRET));
        self.send(twice);
        self.send(posted(path, "client_id=post&token=t").header("authorization", basic(SECRET)));
        for target in [(good.len() - 1, "cut"), (good.len() + 70_000, "long")] {
            let mut body = good.as_bytes().to_vec();
            body.resize(target.0, b'&');
            self.send(to("POST", path).header("content-type", FORM).body(body));
        }
    }

    /// Tokens that clients get for themselves, what may be said of them, and their end.
    fn clients(&mut self) {
        let token = "/oauth/token";
        for scope in
            ["", "&scope=read", "&scope=read+write", "&scope=admin", "&scope=%22", "&resource=https://other.example"]
        {
            let body = format!("grant_type=client_credentials{scope}");
            self.send(posted(token, &body).header("authorization", basic(SECRET)));
        }
        for grant in ["password", "", "authorization_code", "refresh_token", "client_credentials%20"] {
            self.send(posted(token, &format!("grant_type={grant}")).header("authorization", basic(SECRET)));
        }
        let by_body = format!("grant_type=client_credentials&client_id=post&client_secret={SECRET}");
        let proof = |method: &str, url: &str| {
            let (now, mut entropy) = (Timestamp::from_secs(NOW), counter(3));
            let maker = ProofMaker::new(method, url);
            maker.make(ed25519(7).as_ref(), provider().as_ref(), now, &mut entropy).expect("a proof")
        };
        let (good, of_get) =
            (proof("POST", "https://as.example/oauth/token"), proof("GET", "https://as.example/oauth/token"));
        for proof in [good.as_str(), good.as_str(), &of_get, "garbage", ""] {
            self.send(posted(token, &by_body).header("dpop", proof));
        }
        self.send(posted(token, &by_body).header("dpop", &good).header("dpop", &good));
        let access = member(&self.send(posted(token, &by_body)), "access_token");
        let of_token = |path: &str| posted(path, &format!("token={access}&client_id=post&client_secret={SECRET}"));
        self.send(of_token("/oauth/introspect"));
        self.send(posted("/oauth/introspect", &format!("token={access}")).header("authorization", basic(SECRET)));
        self.send(posted("/oauth/introspect", &format!("token={access}&client_id=app")));
        self.send(posted("/oauth/introspect", "token=opaque").header("authorization", basic(SECRET)));
        self.send(posted("/oauth/revoke", &format!("token={access}")).header("authorization", basic(SECRET)));
        self.send(of_token("/oauth/revoke"));
        self.send(of_token("/oauth/revoke"));
        self.send(of_token("/oauth/introspect"));
    }

    /// From a login to a code, tokens, successors, and reuse.
    fn codes(&mut self) {
        let token = "/oauth/token";
        let code = code_in(&self.send(logged_in(visit())));
        self.send(posted(token, &redemption("unknown")));
        self.send(posted(token, &redemption(&code).replace("client_id=app", "client_id=other")));
        let first = self.send(posted(token, &redemption(&code)));
        let (refresh, access) = (member(&first, "refresh_token"), member(&first, "access_token"));
        let active = format!("token={access}&client_id=app");
        self.send(posted("/oauth/introspect", &active));
        self.send(posted(token, &format!("{}&scope=admin", refreshment(&refresh))));
        let second = self.send(posted(token, &format!("{}&scope=read", refreshment(&refresh))));
        self.send(posted(token, &refreshment(&refresh)));
        self.send(posted(token, &refreshment(&member(&second, "refresh_token"))));
        self.send(posted(token, &redemption(&code)));
        let spoiled = code_in(&self.send(logged_in(visit())));
        self.send(posted(token, &redemption(&spoiled).replace("code_verifier=d", "code_verifier=e")));
        self.send(posted(token, &redemption(&spoiled)));
        let revoked = code_in(&self.send(logged_in(visit())));
        let tokens = self.send(posted(token, &redemption(&revoked)));
        let refresh = member(&tokens, "refresh_token");
        self.send(posted("/oauth/revoke", &format!("token={refresh}&client_id=app")));
        self.send(posted(token, &refreshment(&refresh)));
    }

    /// Browsers, with and without a session, and requests that were pushed.
    fn visits(&mut self) {
        let html = |request: Request| request.header("accept", "text/html,*/*;q=0.8");
        self.send(visit());
        self.send(html(visit()));
        for change in [
            ("client_id=app", "client_id=nobody"),
            ("app.example", "evil.example"),
            ("response_type=code", "response_type=token"),
            ("S256", "plain"),
            ("scope=read+openid", "scope=admin"),
            ("state=xyz", "state=%22%3Cb%3E&prompt=none"),
            ("state=xyz", "state=a&state=b"),
            ("client_id=app", "client_id=app&client_id=app"),
            ("state=xyz", "request_uri=urn:ietf:params:oauth:request_uri:x"),
            ("state=xyz", "max_age=0"),
            ("state=xyz", "response_mode=form_post"),
            ("state=xyz", "x=%zz&state=ok"),
        ] {
            let mut request = visit();
            request.target = request.target.replace(change.0, change.1);
            self.send(logged_in(html(request.clone())));
            self.send(request);
        }
        for method in ["HEAD", "OPTIONS", "PUT", "DELETE"] {
            self.send(to(method, &visit().target));
        }
        let query = visit().target.split_once('?').expect("a query").1.to_owned();
        self.send(logged_in(posted("/oauth/authorize", &query)));
        self.send(logged_in(to("POST", "/oauth/authorize").header("content-type", "text/plain").body(query.as_str())));
        self.send(logged_in(to("POST", &visit().target)));
        let pushed = self.send(posted("/oauth/par", &query));
        let reference = form::encode(&member(&pushed, "request_uri"));
        for client in ["other", "app", "app"] {
            let target = format!("/oauth/authorize?client_id={client}&request_uri={reference}");
            self.send(logged_in(to("GET", &target)));
        }
        self.send(posted("/oauth/par", &query.replace("S256", "plain")));
        self.send(posted("/oauth/par", &format!("{query}&request_uri=x")));
    }
}
