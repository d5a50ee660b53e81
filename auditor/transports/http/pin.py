"""A server's public key as the policy file pins it."""

import base64
import binascii
import hashlib

from auditor.transports.http.fault import Fault, HttpError


def parse_pin(text: str) -> str:
    """The one spelling, `sha256:` and 64 hexadecimal digits, of a pin; raises HttpError if it is none."""
    scheme, _, value = text.partition(":")
    try:
        raw = bytes.fromhex(value) if len(value) == 64 else base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error) as error:
        raise _no_pin(text) from error
    if scheme != "sha256" or len(raw) != 32:
        raise _no_pin(text)
    return f"sha256:{raw.hex()}"


def certificate_pin(certificate: bytes) -> str:
    """The pin of a certificate (DER): the SHA-256 of its SubjectPublicKeyInfo (RFC 7469, section 2.4).

    The same as `openssl x509 -pubkey -noout -in FILE | openssl pkey -pubin -outform der | sha256sum`.
    """
    return f"sha256:{hashlib.sha256(_public_key_info(certificate)).hexdigest()}"


def _no_pin(text: str) -> HttpError:
    message = f"'{text[:100]}' is no pin: write sha256: and the SHA-256 of the public key in hex or base64"
    return HttpError(Fault.PIN, message)


def _public_key_info(certificate: bytes) -> bytes:
    """The bytes of SubjectPublicKeyInfo as they stand: Certificate → tbsCertificate → seventh field (RFC 5280, 4.1).

    A library would encode the key anew, and not always to the same bytes. OpenSSL has parsed the whole already.
    """
    start, _ = _content(certificate, 0)
    start, _ = _content(certificate, start)
    fields = 6 if certificate[start] == 0xA0 else 5  # the version is left out of version 1
    for _ in range(fields):
        start = _content(certificate, start)[1]
    return certificate[start : _content(certificate, start)[1]]


def _content(der: bytes, at: int) -> tuple[int, int]:
    """Where the content of the DER element at `at` starts and ends."""
    length, start = der[at + 1], at + 2
    if length >= 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(der[start : start + size], "big"), start + size
    return start, start + length
