"""The certificate that a server shows now, believed by nobody: for a person to compare."""

import time
from collections.abc import Mapping
from datetime import datetime

from auditor.frozen import frozen
from auditor.text import printable, short
from auditor.transports.http.address import Address, parse_place
from auditor.transports.http.fault import fault_of
from auditor.transports.http.pin import certificate_pin

_LONGEST_NAME = 100


@frozen
class ShownCertificate:
    """`pin` is of its key; `issuer` and `ends_at` are None where it can't be parsed."""

    pin: str
    issuer: str | None = None
    ends_at: datetime | None = None


def shown_by(host: str, port: int, connect: Mapping[str, str] | None = None, seconds: float = 10) -> ShownCertificate:
    """What `host:port` shows; no request is sent. Raises HttpError where it shows nothing."""
    from auditor.transports.http.connection import shown_certificate

    address = Address(scheme="https", host=host.lower().strip("[]"), port=port, target="/")
    target = (connect or {}).get(address.place, address.place)
    try:
        return parse_certificate(shown_certificate(address.host, parse_place(target), time.monotonic() + seconds))
    except OSError as error:
        raise fault_of(error, address, target) from error


def parse_certificate(der: bytes) -> ShownCertificate:
    """What a certificate (DER) says of itself."""
    from cryptography import x509

    pin = certificate_pin(der)
    try:
        certificate = x509.load_der_x509_certificate(der)
        issuer = short(printable(certificate.issuer.rfc4514_string()), _LONGEST_NAME)
        return ShownCertificate(pin=pin, issuer=issuer, ends_at=certificate.not_valid_after_utc)
    except ValueError:  # OpenSSL takes what a strict parser refuses
        return ShownCertificate(pin=pin)
