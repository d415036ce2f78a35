#!/usr/bin/env python3
"""Runs the blocks of docs/proxies.md as they stand, in front of the example `behind_a_proxy`, and tries what they promise.

    check.py BACKEND [--early N] [--only-early] PROXY..

BACKEND is the built example. PROXY is nginx, haproxy, apache, caddy or envoy; the program of that name must be there (Envoy: in $ENVOY).
`--early N` sends N refused requests of each size and protocol, instead of 5. Needs openssl, and curl with HTTP/2.
"""

import argparse
import base64
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "proxies.md"
HOST = "mcp.example.com"
RESOURCE = f"https://{HOST}/mcp"
FIELD = {"nginx": "escaped-pem", "haproxy": "client-cert", "apache": "escaped-pem", "caddy": "client-cert", "envoy": "xfcc"}
FENCE = {"nginx": "nginx", "haproxy": "haproxy", "apache": "apache", "caddy": "caddy", "envoy": "yaml"}


def blocks(proxy):
    """The page's blocks for this proxy: (is_prefix, text)."""
    found = re.findall(rf"^```{FENCE[proxy]}( prefix)?\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    assert found, f"docs/proxies.md has no block for {proxy}"
    return [(bool(prefix), text) for prefix, text in found]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Pki:
    """A server's certificate, and two clients' of one CA."""

    def __init__(self, at):
        self.at = at
        self.server = at / f"{HOST}.crt"
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *key, "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-days", 2,
                "-keyout", at / f"{HOST}.key", "-out", self.server)
        (at / f"{HOST}.pem").write_text(self.server.read_text() + (at / f"{HOST}.key").read_text())
        openssl("req", "-x509", *key, "-subj", "/CN=clients", "-days", 2, "-keyout", at / "clients-ca.key", "-out", at / "clients-ca.crt")
        for name in ("client", "other"):
            openssl("req", *key, "-subj", f"/CN={name}", "-keyout", at / f"{name}.key", "-out", at / f"{name}.csr")
            openssl("x509", "-req", "-in", at / f"{name}.csr", "-CA", at / "clients-ca.crt", "-CAkey", at / "clients-ca.key",
                    "-CAcreateserial", "-days", 2, "-out", at / f"{name}.crt")
            openssl("x509", "-in", at / f"{name}.crt", "-outform", "DER", "-out", at / f"{name}.der")
        for file in at.iterdir():
            file.chmod(0o644)

    def spoofed(self):
        """The client's certificate in every field that a proxy of the page writes, and under names that some take for the same."""
        der = base64.b64encode((self.at / "client.der").read_bytes()).decode()
        pem = urllib.parse.quote((self.at / "client.crt").read_text())
        for name, value in (("Client-Cert", f":{der}:"), ("X-SSL-Client-Cert", pem), ("X-Forwarded-Client-Cert", f'Cert="{pem}"')):
            for spelling in (name, name.replace("-", "_"), name.upper()):
                yield f"{spelling}: {value}"


class Backend:
    def __init__(self, program, origin, field):
        self.process = subprocess.Popen([program, origin, field], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.port = int(self.process.stdout.readline())

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        said = self.process.stdout.readline().strip()
        assert said and not said.startswith("error"), said
        return said

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


def program(proxy):
    found = os.environ.get("ENVOY") if proxy == "envoy" else shutil.which("apache2" if proxy == "apache" else proxy, path=os.environ["PATH"] + ":/usr/sbin")
    return found or sys.exit(f"{proxy} is not there")


def wrapped(proxy, block, at):
    """The block inside of what a distribution's own configuration has around it; and the command that runs it."""
    root = os.geteuid() == 0
    run = program(proxy)
    file = at / f"{proxy}.conf"
    if proxy == "nginx":
        user = "user root;" if root else ""
        temp = " ".join(f"{kind}_temp_path {at}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        block = f"{user} pid {at}/nginx.pid; error_log stderr; events {{}} http {{ access_log off; {temp}\n{block}\n}}"
        command = [run, "-c", file, "-g", "daemon off;"]
    elif proxy == "haproxy":
        command = [run, "-db", "-f", file]
    elif proxy == "apache":
        modules = ["mpm_event", "authz_core", "ssl", "http2", "headers", "proxy", "proxy_http", "proxy_http2"]
        load = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in modules)
        user = "User www-data\nGroup www-data" if root else ""
        block = f"{load}\n{user}\nPidFile {at}/apache.pid\nErrorLog /dev/stderr\nMutex file:{at}\nServerName localhost\n{block}"
        command = [run, "-d", at, "-f", file, "-DFOREGROUND"]
    elif proxy == "caddy":
        block = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n" + block
        command = [run, "run", "--config", file, "--adapter", "caddyfile"]
    else:
        file = at / "envoy.yaml"
        command = [run, "-c", file, "--log-level", "error", "--base-id", str(os.getpid()), "--concurrency", "2"]
    file.write_text(block)
    return [str(word) for word in command]


class Proxy:
    def __init__(self, proxy, block, pki, backend):
        self.port = free_port()
        block = block.replace("/etc/ssl/", f"{pki.at}/").replace("8080", str(backend.port))
        block = re.sub(r"\b443\b", str(self.port), block)
        block = block.replace("0.0.0.0", "127.0.0.1")
        environment = {**os.environ, "HOME": str(pki.at), "XDG_DATA_HOME": str(pki.at), "XDG_CONFIG_HOME": str(pki.at)}
        self.log = open(pki.at / "proxy.log", "w+")
        self.process = subprocess.Popen(wrapped(proxy, block, pki.at), stdout=self.log, stderr=self.log, env=environment)
        for _ in range(200):
            try:
                return socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.stop()
        self.log.seek(0)
        sys.exit(f"{proxy} does not start:\n{self.log.read()}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Client:
    def __init__(self, port, pki):
        self.pki = pki
        self.words = ["curl", "-sS", "--noproxy", "*", "--path-as-is", "--max-time", "30", "--cacert", pki.server, "-D", "-",
                      "--connect-to", f"{HOST}:443:127.0.0.1:{port}"]

    def send(self, path, *headers, http="--http1.1", certificate=None, more=()):
        """Status, fields and body of the last response; status 0 where there is none."""
        words = [*self.words, http, *more]
        for header in headers:
            words += ["-H", header]
        if certificate:
            words += ["--cert", self.pki.at / f"{certificate}.crt", "--key", self.pki.at / f"{certificate}.key"]
        done = subprocess.run([*map(str, words), f"https://{HOST}{path}"], capture_output=True)
        head, body = b"", done.stdout.replace(b"\r\n", b"\n")
        while body.startswith(b"HTTP/"):
            head, _, body = body.partition(b"\n\n")
        status = int(head.split()[1]) if head else 0
        return status, head.decode("latin-1").lower(), body.decode("latin-1") or done.stderr.decode()


class Checks:
    def __init__(self, proxy, backend, client, early):
        self.proxy, self.backend, self.client, self.early = proxy, backend, client, early
        self.failed = 0

    def expect(self, what, answer, status, said=""):
        got, head, body = answer
        if got != status or said not in head + body:
            self.failed += 1
            print(f"   FAILED: {what}: {got}, not {status} {said!r}\n{head}\n{body}")

    def dpop(self, path, uri=None, *headers, **how):
        token = self.backend.ask("token dpop")
        proof = self.backend.ask(f"proof GET {uri or f'https://{HOST}{path}'} {token}")
        return self.client.send(path, f"Authorization: DPoP {token}", f"DPoP: {proof}", *headers, **how)

    def paths(self, below):
        """What the client wrote is what `htu` is compared with; `below` says how it arrives."""
        whole = "/mcp" if below("/mcp") == "/mcp" else "/mcp/"
        for http in ("--http1.1", "--http2"):
            for path in (whole, "/mcp/a%2Fb", "/mcp/user%40example.com%3A8", "/mcp/%7Ea/b%20c", "/mcp/a//b"):
                self.expect(f"{http} {path}", self.dpop(path, http=http), 200, f"dpop {below(path)}\n")

    def origin(self):
        evil = ["X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http", "X_Forwarded_Proto: http", "X-Forwarded-Port: 1", "X-Forwarded-Prefix: /x",
                "Forwarded: for=1.2.3.4;host=evil.example;proto=http", "X-Original-URL: /x", "X-Forwarded-Uri: /x"]
        for http in ("--http1.1", "--http2"):
            for uri in ("https://evil.example/mcp", f"https://{HOST}:1/mcp", f"http://{HOST}/mcp", f"https://{HOST}/x"):
                self.expect(f"{http} proof for {uri}", self.dpop("/mcp", uri, *evil, http=http), 401, "invalid_dpop_proof")
            self.expect(f"{http} our own proof beside them", self.dpop("/mcp", None, *evil, http=http), 200, "dpop")
            got = self.dpop("/mcp", "https://evil.example/mcp", "Host: evil.example", http=http)
            self.expect(f"{http} a host of the client's own", got, got[0] if 400 <= got[0] < 500 else 401)

    def certificates(self):
        token = self.backend.ask(f"token mtls {self.client.pki.at / 'client.der'}")
        bearer = f"Authorization: Bearer {token}"
        for http in ("--http1.1", "--http2"):
            self.expect("its certificate", self.client.send("/mcp", bearer, http=http, certificate="client"), 200, "mtls")
            for spoof in [None, *self.client.pki.spoofed()]:
                headers = [bearer] + ([spoof] if spoof else [])
                for certificate in (None, "other"):
                    answer = self.client.send("/mcp", *headers, http=http, certificate=certificate)
                    # Some refuse such a request by themselves.
                    status = 400 if answer[0] in (400, 431) and spoof else 401
                    self.expect(f"{certificate} and {(spoof or '')[:30]}", answer, status)
                if spoof and not spoof.split(":")[0].count("_"):
                    answer = self.client.send("/mcp", *headers, http=http, certificate="client")
                    self.expect(f"its own beside {spoof[:30]}", answer, 200, "mtls")

    def metadata(self):
        for http in ("--http1.1", "--http2"):
            answer = self.client.send("/.well-known/oauth-protected-resource/mcp", http=http)
            self.expect(f"{http} metadata", answer, 200, f'"resource":"{RESOURCE}"')

    def sizes(self):
        for http in ("--http1.1", "--http2"):
            answer = self.client.send("/mcp", f"Authorization: Bearer {'a' * 15_000}", http=http)
            self.expect(f"{http} a token of 15000 bytes", answer, 401, "www-authenticate")

    def refusals(self):
        for size in (20_000, 100_000, 900_000):
            body = self.client.pki.at / f"body-{size}"
            body.write_bytes(b"x" * size)
            for http in ("--http1.1", "--http2"):
                send = lambda _: self.client.send("/mcp", "Content-Type: application/octet-stream", http=http, more=("--data-binary", f"@{body}"))
                with ThreadPoolExecutor(2) as threads:
                    answers = list(threads.map(send, range(self.early)))
                lost = [answer for answer in answers if answer[0] != 401 or "www-authenticate" not in answer[1]]
                if self.proxy in ("caddy", "envoy") and http == "--http2":
                    # They end the stream behind the answer, with NO_ERROR; curl 7 throws the answer away, which it must not
                    # (RFC 9113 §8.1).
                    lost = [answer for answer in lost if "curl: (92)" not in answer[2]]
                print(f"   {size} bytes over {http[2:]}: {len(lost)} of {len(answers)} refusals lost", sorted({a[0] for a in lost}) or "")
                for status, head, said in lost[:2]:
                    print("     ", status, head.replace("\n", " | "), said.strip())
                self.failed += bool(lost)


def check(arguments, proxy, which, prefix, block):
    with tempfile.TemporaryDirectory() as directory:
        at = Path(directory)
        at.chmod(0o755)
        pki = Pki(at)
        backend = Backend(arguments.backend, RESOURCE if prefix else "proto", FIELD[proxy])
        front = Proxy(proxy, block, pki, backend)
        try:
            checks = Checks(proxy, backend, Client(front.port, pki), arguments.early)
            if not arguments.only_early:
                checks.metadata()
                checks.paths((lambda path: path.removeprefix("/mcp")) if prefix else str)
                if not prefix:
                    checks.origin()
                    checks.certificates()
                    checks.sizes()
            if not prefix and not which:
                checks.refusals()
            return checks.failed
        finally:
            front.stop()
            backend.stop()


def variants(proxy):
    """The page's blocks, and the same with the other protocol to the application where the page says that this works."""
    for prefix, block in blocks(proxy):
        yield "", prefix, block
        if prefix:
            continue
        for proxies, old, new in (
            (("haproxy",), ":8080 #", ":8080 proto h2 #"),
            (("apache", "caddy"), "http://127", "h2c://127"),
            (("envoy",), "{ http_protocol_options: {} }", "{ http2_protocol_options: {} }"),
        ):
            if proxy in proxies:
                assert old in block
                yield ", h2c to the application", prefix, block.replace(old, new)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("backend")
    parser.add_argument("--early", type=int, default=5, help="refused requests of each size and protocol")
    parser.add_argument("--only-early", action="store_true", help="nothing but refusals")
    parser.add_argument("proxies", nargs="+", choices=sorted(FIELD))
    arguments = parser.parse_args()
    failed = 0
    for proxy in arguments.proxies:
        for which, prefix, block in variants(proxy):
            print(f"-- {proxy}{', prefix stripped' if prefix else ''}{which}", flush=True)
            failed += check(arguments, proxy, which, prefix, block)
    print(f"{failed} failed" if failed else "all as docs/proxies.md says")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
