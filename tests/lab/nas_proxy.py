"""The reverse proxy of the lab: DSM's ReverseProxy.json, the nginx configuration rendered from it, a real nginx.

with run_proxy(folder, authority) as proxy:
    proxy.point(8081)                       # https and http rule; `reload=False` leaves nginx's memory as it was
"""

import datetime
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lab_need import need
from sshd import connects, free_port

HOST = "archi.test"
_RULES = ("20409e24-43fa-4239-9199-e42f330356bb", "9b2f5f0e-6f3c-4c53-8f0e-2f1f0c9f7a11")
_SERVER = """server {{
    listen 127.0.0.1:{port}{ssl};
    server_name {host} ;
    if ( $host !~ "(^{host}$)" ) {{ return 404; }}
    {tls}
    location / {{
        proxy_connect_timeout 60; proxy_read_timeout 60; proxy_send_timeout 60;
        proxy_intercept_errors off; proxy_http_version 1.1;
        proxy_set_header Host $http_host; proxy_set_header X-Real-IP $remote_addr;
        proxy_pass http://{backend}:{backend_port};
    }}
    error_page 403 404 500 502 503 504 /dsm_error_page;
    location /dsm_error_page {{ internal; return 502; }}
}}
"""


@dataclass
class Authority:
    """A certificate authority of one session and the site's certificate; `ca` is the file to trust."""

    folder: Path

    def __post_init__(self) -> None:
        own, site = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        name, host = _name("auditor lab authority"), _name(HOST)
        known = x509.SubjectKeyIdentifier.from_public_key(own.public_key())
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        root = _certificate(name, name, own).add_extension(known, critical=False).add_extension(usage, critical=True)
        root = root.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)
        leaf = _certificate(host, name, site).add_extension(issuer, critical=False)
        leaf = leaf.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        pem = serialization.Encoding.PEM
        self.ca.write_bytes(root.sign(own, hashes.SHA256()).public_bytes(pem))
        self.certificate.write_bytes(leaf.sign(own, hashes.SHA256()).public_bytes(pem))
        plain = serialization.NoEncryption()
        self.key.write_bytes(site.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / "c.pem"

    @property
    def key(self) -> Path:
        return self.folder / "k.pem"


@dataclass
class Proxy:
    """A running nginx; `targets` are the backend ports of its https and its http rule."""

    folder: Path
    authority: Authority
    https_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    targets: tuple[int, int] = (9, 9)
    backend: str = "127.0.0.1"

    @property
    def store(self) -> Path:
        """DSM's own store of the rules."""
        return self.folder / "ReverseProxy.json"

    @property
    def rendered(self) -> Path:
        """The file that nginx reads."""
        return self.folder / "sites" / "server.ReverseProxy.conf"

    @property
    def files(self) -> list[str]:
        """What the policy file names."""
        return [str(self.store), str(self.rendered)]

    @property
    def url(self) -> str:
        """The public address, which `connect` leads to this machine."""
        return f"https://{HOST}:{self.https_port}/"

    @property
    def connect(self) -> dict[str, str]:
        """The policy file's `connect`."""
        return {f"{HOST}:{self.https_port}": f"127.0.0.1:{self.https_port}"}

    def point(self, port: int, *, http: int | None = None, reload: bool = True, stored: int | None = None) -> None:
        """Leads the public to a slot's port, http elsewhere if told so; `stored` is what the store says instead."""
        self.targets = (port, port if http is None else http)
        front = ((self.https_port, 1, stored or port), (self.http_port, 0, stored or self.targets[1]))
        rules: dict[str, Any] = {key: _rule(*one) for key, one in zip(_RULES, front, strict=True)}
        self.store.write_text(json.dumps(rules | {"version": 2}))
        tls = f"ssl_certificate {self.authority.certificate}; ssl_certificate_key {self.authority.key};"
        self.rendered.write_text(
            self._server(self.https_port, " ssl http2", tls, self.targets[0])
            + self._server(self.http_port, "", "", self.targets[1])
        )
        if reload:
            self.restart()

    def restart(self) -> None:
        """Makes nginx read its files: a new process, so that no old worker answers any more."""
        self.stop()
        self._nginx()
        deadline = time.monotonic() + 60
        while not connects(self.https_port):
            if time.monotonic() > deadline:
                raise RuntimeError(f"nginx did not start: {(self.folder / 'error.log').read_text()}")
            time.sleep(0.01)

    def stop(self) -> None:
        """Ends nginx, if it runs."""
        if not self._pid.exists():
            return
        self._nginx("-s", "stop")
        deadline = time.monotonic() + 60
        while self._pid.exists() and time.monotonic() < deadline:
            time.sleep(0.01)

    def _server(self, port: int, ssl: str, tls: str, target: int) -> str:
        return _SERVER.format(host=HOST, port=port, ssl=ssl, tls=tls, backend=self.backend, backend_port=target)

    def _nginx(self, *arguments: str) -> None:
        command = [
            need("nginx", "nginx"),
            "-c",
            self.folder / "nginx.conf",
            "-e",
            self.folder / "error.log",
            *arguments,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"nginx: {done.stderr.strip()}")

    @property
    def _pid(self) -> Path:
        return self.folder / "nginx.pid"


@contextmanager
def run_proxy(folder: Path, authority: Authority) -> Iterator[Proxy]:
    """A proxy until the block ends; it listens once `point` was called."""
    for name in ("", "sites", "t"):
        (folder / name).mkdir(exist_ok=True)
    temporary = " ".join(f"{kind}_temp_path {folder}/t/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"user root; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        "events { worker_connections 128; }\n"
        f"http {{ access_log {folder}/access.log; client_body_temp_path {folder}/t/body; {temporary}\n"
        f"  include {folder}/sites/*.conf; }}\n"
    )
    proxy = Proxy(folder, authority)
    try:
        yield proxy
    finally:
        proxy.stop()


def _rule(port: int, protocol: int, target: int) -> dict[str, Any]:
    return {
        "backend": {"fqdn": "localhost", "port": target, "protocol": 0},
        "customize_headers": [{"name": "Upgrade", "value": "$http_upgrade"}],
        "description": "archicratie",
        "frontend": {
            "acl": None,
            "fqdn": HOST,
            "https": {"hsts": False, "http2": True},
            "port": port,
            "protocol": protocol,
        },
        "proxy_connect_timeout": 60,
        "proxy_http_version": 1,
        "proxy_intercept_errors": False,
        "proxy_read_timeout": 60,
        "proxy_send_timeout": 60,
    }


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
    )
