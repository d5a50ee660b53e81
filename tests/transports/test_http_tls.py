"""Whom the client believes: authorities, a pinned key, names, `connect`; nothing is sent before that is settled."""

import base64
import datetime
import hashlib
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from auditor.config.secret import Secret
from auditor.errors import ConfigError
from auditor.transports.http import HttpClient
from auditor.transports.http.address import Origin
from auditor.transports.http.certificate import shown_by
from auditor.transports.http.connection import Connector
from auditor.transports.http.fault import Fault, HttpError, StallError
from auditor.transports.http.pin import certificate_pin, parse_pin
from auditor.transports.http.retry import Patience
from auditor.transports.http.trust import pinning_context

Serve = Callable[..., Any]


class Clock:
    def remaining(self) -> float:
        return 30.0


def client_for(*origins: Origin, **options: Any) -> HttpClient:
    return HttpClient(origins, deadline=Clock(), patience=Patience(sleep=lambda _: None), **options)


def ok(handler: Any) -> None:
    handler.json(b"{}")


def self_signed(folder: Path, key: Any, name: str = "other.example") -> tuple[ssl.SSLContext, x509.Certificate]:
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=9))
        .not_valid_after(now - datetime.timedelta(days=1))  # a pin holds beyond the date
        .sign(key, digest)
    )
    path = folder / f"{secrets.token_hex(4)}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, made


def expected_pin(certificate: x509.Certificate) -> str:
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"sha256:{hashlib.sha256(key).hexdigest()}"


def test_a_ca_file_is_believed_beside_the_systems_authorities(serve: Serve, authority: Any) -> None:
    server = serve(ok, authority.context("127.0.0.1"))
    with client_for(Origin(url=server.url, ca=authority.file)) as client:
        assert client.get(server.url).status == 200


def test_an_unknown_authority_is_refused_with_the_way_out(serve: Serve, authority: Any) -> None:
    server = serve(ok, authority.context("127.0.0.1"))
    with client_for() as client:
        with pytest.raises(HttpError, match="unknown authority: name its file under 'ca'") as caught:
            client.get(server.url)
        assert client.requests_sent == 1
    assert caught.value.fault is Fault.TLS
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
    assert server.asked == []


def test_a_certificate_for_another_name_is_refused(serve: Serve, authority: Any) -> None:
    token = secrets.token_hex(20)
    server = serve(ok, authority.context("other.example"))
    origin = Origin(url="https://git.example", ca=authority.file, token=Secret(token))
    with client_for(origin, connect={"git.example:443": server.place}) as client:
        with pytest.raises(HttpError, match=r"the certificate is not for 'git\.example'"):
            client.get("https://git.example/api", token=True)
        assert client.requests_sent == 1
    assert server.asked == []


def test_an_expired_certificate_is_refused(serve: Serve, authority: Any) -> None:
    server = serve(ok, authority.context("127.0.0.1", days=-1))
    with (
        client_for(Origin(url=server.url, ca=authority.file)) as client,
        pytest.raises(HttpError, match="has expired: renew it"),
    ):
        client.get(server.url)


def test_connect_changes_the_place_and_not_the_name(serve: Serve, authority: Any) -> None:
    names: list[str | None] = []
    context = authority.context("git.example")
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    server = serve(ok, context)
    origin = Origin(url="https://git.example", ca=authority.file)
    with client_for(origin, connect={"git.example:443": server.place}) as client:
        answer = client.get("https://git.example/x")
    assert (answer.status, answer.peer) == (200, server.place)
    assert names == ["git.example"]
    assert server.asked[0].headers["host"] == "git.example"


def test_an_ipv6_address_is_a_name_like_any_other(serve: Serve, authority: Any) -> None:
    server = serve(ok, authority.context("::1"))
    with client_for(Origin(url="https://[::1]", ca=authority.file), connect={"[::1]:443": server.place}) as client:
        assert client.get("https://[::1]/").status == 200
    assert server.asked[0].headers["host"] == "[::1]"


def test_a_pinned_key_is_believed_whatever_its_certificate_says(serve: Serve, tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    server = serve(ok, context)
    with client_for(Origin(url=server.url, pin=expected_pin(certificate))) as client:
        assert client.get(server.url).status == 200
        assert client.get(server.url).status == 200


def test_a_pin_holds_for_its_own_origin_only(serve: Serve, tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    server, other = serve(ok, context), serve(ok, context)
    with (
        client_for(Origin(url=server.url, pin=expected_pin(certificate))) as client,
        pytest.raises(HttpError, match=r"unknown authority|has expired"),
    ):
        client.get(other.url)
    assert other.asked == []


def test_a_wrong_pin_sends_no_byte_of_the_request(tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        plain, _ = listener.accept()
        plain.settimeout(5)
        with context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=True) as secured:
            received.append(secured.recv(65_536))

    thread = threading.Thread(target=listen)
    thread.start()
    url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    pin = "sha256:" + "0" * 64
    with client_for(Origin(url=url, pin=pin, token=Secret(secrets.token_hex(20)))) as client:
        with pytest.raises(HttpError, match="someone stands in between") as caught:
            client.get(f"{url}/api", token=True)
        assert client.requests_sent == 1
    thread.join()
    listener.close()
    assert received == [b""]
    assert caught.value.fault is Fault.PIN
    assert expected_pin(certificate) in str(caught.value)


@pytest.mark.parametrize("left", [-1.0, 0.2])
def test_a_connection_without_time_for_tls_is_closed(left: float) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = listener.getsockname()
        plain = Connector(place, None, Patience()).connect_tcp(*place, time.monotonic() + 5)
        with pytest.raises(StallError):
            plain.start_tls(pinning_context(), "nas.lan", time.monotonic() + left)
        assert plain.get_extra_info("socket").fileno() == -1


def test_a_pin_may_be_written_in_base64(serve: Serve, tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    server = serve(ok, context)
    base64_form = (
        "sha256:" + base64.b64encode(bytes.fromhex(expected_pin(certificate).removeprefix("sha256:"))).decode()
    )
    with client_for(Origin(url=server.url, pin=base64_form)) as client:
        client.get(server.url)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(public_exponent=65_537, key_size=2048),
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["rsa", "ec", "ed25519"],
)
def test_a_pin_is_the_hash_of_the_key_as_other_tools_compute_it(tmp_path: Path, key: Any) -> None:
    _, certificate = self_signed(tmp_path, key)
    assert certificate_pin(certificate.public_bytes(serialization.Encoding.DER)) == expected_pin(certificate)


def test_the_shown_pin_is_that_of_the_server_and_asks_nothing(serve: Serve, tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    server = serve(ok, context)
    pin = shown_by("nas.lan", 3000, {"nas.lan:3000": server.place}).pin
    assert pin == expected_pin(certificate)
    assert server.asked == []


def test_the_shown_pin_of_a_closed_port_names_the_place(unused_port: int) -> None:
    with pytest.raises(HttpError, match="refused the connection"):
        shown_by("127.0.0.1", unused_port)


@pytest.mark.parametrize("text", ["", "sha256:", "sha256:zz", "md5:" + "0" * 64, "0" * 64])
def test_what_is_no_pin_is_refused(text: str) -> None:
    with pytest.raises(HttpError, match="is no pin"):
        parse_pin(text)


def test_a_server_without_tls_is_named(serve: Serve) -> None:
    server = serve(ok)
    with client_for() as client, pytest.raises(HttpError, match="does not speak TLS"):
        client.get(f"https://{server.place}")


def test_a_handshake_that_never_comes_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        patience = Patience(connect_seconds=0.2, attempts=1)
        with HttpClient(deadline=Clock(), patience=patience) as client:
            started = time.monotonic()
            with pytest.raises(HttpError, match="handshake did not end in time"):
                client.get(f"https://127.0.0.1:{listener.getsockname()[1]}")
            assert time.monotonic() - started < 15


def test_a_ca_file_that_can_not_be_read_is_named(serve: Serve, authority: Any, tmp_path: Path) -> None:
    server = serve(ok, authority.context("127.0.0.1"))
    for path in (tmp_path / "absent.pem", Path(__file__)):
        with (
            client_for(Origin(url=server.url, ca=path)) as client,
            pytest.raises(HttpError, match="holds no readable CA certificates"),
        ):
            client.get(server.url)


def test_two_trusts_for_one_server_are_refused(tmp_path: Path) -> None:
    url = "https://git.example"
    with pytest.raises(ConfigError, match="two different"):
        client_for(Origin(url=url, ca=tmp_path / "a"), Origin(url=f"{url}/git", ca=tmp_path / "b"))


def test_a_key_log_named_by_the_environment_is_not_written(
    serve: Serve, authority: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    server = serve(ok, authority.context("127.0.0.1"))
    with client_for(Origin(url=server.url, ca=authority.file)) as client:
        client.get(server.url)
    assert not log.exists()


def test_a_file_of_authorities_that_was_replaced_is_read_anew(serve: Serve, authority: Any, tmp_path: Path) -> None:
    server, file = serve(ok, authority.context("127.0.0.1")), tmp_path / "ca.pem"
    _, stranger = self_signed(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    file.write_bytes(stranger.public_bytes(serialization.Encoding.PEM))
    with client_for(Origin(url=server.url, ca=file)) as client, pytest.raises(HttpError, match="unknown authority"):
        client.get(server.url)
    file.write_bytes(authority.file.read_bytes())
    with client_for(Origin(url=server.url, ca=file)) as client:
        assert client.get(server.url).status == 200
