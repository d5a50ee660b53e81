"""Whom a TLS connection believes: the system's authorities and a CA file, or one pinned key.

There is no way to turn verification off. SSLKEYLOGFILE is not honoured: it would write the sessions' keys to a file.
"""

import ssl
from functools import lru_cache
from pathlib import Path

from auditor.transports.http.fault import Fault, HttpError


def trusting_context(ca: Path | None) -> ssl.SSLContext:
    """A context that believes the system's authorities, and those in `ca`; raises HttpError if it can't be read."""
    return _trusting(ca, None if ca is None else _state(ca))


@lru_cache(maxsize=8)  # all sources of a run believe the same few, and to read the system's authorities takes long
def _trusting(ca: Path | None, _state: tuple[int, ...] | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    if not _has_authorities(context):
        # some systems ship none; certifi comes with the HTTP client
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    if ca is not None:
        _add(context, ca)
    return context


def pinning_context() -> ssl.SSLContext:
    """A context for a connection whose key is compared with a pin before anything is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _state(ca: Path) -> tuple[int, ...] | None:
    """What tells one content of the file from another; None where it can't be had, which its reader explains."""
    try:
        found = ca.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _has_authorities(context: ssl.SSLContext) -> bool:
    if context.cert_store_stats()["x509_ca"]:
        return True
    # OpenSSL reads a folder of authorities only when it verifies
    folder = ssl.get_default_verify_paths().capath
    return folder is not None and any(Path(folder).iterdir())


def _add(context: ssl.SSLContext, ca: Path) -> None:
    try:
        context.load_verify_locations(cafile=ca)
    except (OSError, ValueError) as error:
        raise HttpError(Fault.TLS, f"'{ca}' holds no readable CA certificates (PEM): correct 'ca'") from error
    # Python 3.13 began to refuse home-made authorities that lack an extension; curl and older Pythons take them
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
