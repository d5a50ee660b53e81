"""Servers on loopback that misbehave as told, and certificates made for them at test time."""

import datetime
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Asked:
    """One request as a server got it; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Handler(BaseHTTPRequestHandler):
    """Notes the request and lets the test's own function answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body that follows its head waits 40 ms
    server: "Server"

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        self.server.asked.append(Asked(self.command, self.path, headers, body))
        try:
            self.server.answer(self)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    do_POST = do_PATCH = do_GET  # noqa: N815 - http.server finds it by this name

    def send(self, body: bytes = b"", status: int = 200, **headers: str) -> None:
        """A whole answer; `content_type` stands for the header Content-Type, and so on."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def json(self, body: bytes, status: int = 200, **headers: str) -> None:
        """An answer in JSON."""
        self.send(body, status, Content_Type="application/json;charset=utf-8", **headers)

    def log_message(self, *_: Any) -> None:
        pass


Answer = Callable[[Handler], None]


class Server(ThreadingHTTPServer):
    """A server of the test; `asked` is every request it got."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self, answer: Answer, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.asked: list[Asked] = []
        self.context = context
        self.scheme = "http" if context is None else "https"
        self.port: int = self.server_address[1]

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.place}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        # the handshake belongs to the connection's own thread
        if self.context is not None:
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except OSError:
                return
        try:
            super().finish_request(request, client_address)
        except OSError:
            pass
        finally:
            request.close()


@dataclass
class Authority:
    """A certificate authority of the test; `certificate` makes server certificates."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self.name = _name("auditor test authority")
        self.file = self.folder / "ca.pem"
        made = _builder(self.name, self.name, self.key.public_key(), days=30)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = made.add_extension(usage, critical=True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        self.own = made.add_extension(identifier, critical=False).sign(self.key, hashes.SHA256())
        self.file.write_bytes(self.own.public_bytes(serialization.Encoding.PEM))

    def context(self, *names: str, days: int = 30) -> ssl.SSLContext:
        """What a server presents under these names; negative `days`: it has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        shown = [x509.IPAddress(ip_address(name)) if name[0] in "0123456789:" else x509.DNSName(name) for name in names]
        made = _builder(_name(names[0]), self.name, key.public_key(), days=days)
        made = made.add_extension(x509.SubjectAlternativeName(shown), critical=False)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        signed = made.add_extension(identifier, critical=False).sign(self.key, hashes.SHA256())
        return server_context(self.folder / f"{names[0].replace(':', '_')}{days}.pem", signed, key)


def server_context(path: Path, certificate: x509.Certificate, key: Any) -> ssl.SSLContext:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: Any, *, days: int) -> x509.CertificateBuilder:
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=end - datetime.timedelta(days=60),
        not_valid_after=end,
    )
