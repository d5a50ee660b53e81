"""Asks Gitea whether a leaked token still works: only on request, only the configured server, only where none listens.

The question is GET /api/v1/version, which needs no scope and gives no data. Before the first one forty zeros must be
refused: else a proxy strips the header or answers from a cache, and an answer would prove nothing. The value is read
from the repository again for this alone, and kept nowhere.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from auditor.collectors.leaks.source import read_source
from auditor.collectors.leaks.walk import Git
from auditor.config import Gitea
from auditor.config.secret import Secret
from auditor.detector.search import search
from auditor.errors import SourceError
from auditor.interfaces import Context
from auditor.model.facts.leaks import Leak, LeakPlace, Origin, TokenLife
from auditor.transports.http import HttpClient
from auditor.transports.http.address import Origin as HttpOrigin

_KIND = "gitea-token"
_NO_TOKEN = Secret("0" * 40)
_ALIVE, _DEAD = 200, 401


def token_lives(
    leaks: Iterable[Leak], repositories: Mapping[Origin, Path], key: bytes, context: Context
) -> tuple[TokenLife, ...]:
    """Whether each leaked token of Gitea works; raises SourceError where the server's answers prove nothing."""
    section = context.config.gitea
    tokens = [leak for leak in leaks if leak.kind == _KIND]
    if not tokens or section is None:
        return ()
    if not _is_safe(section.address):
        raise SourceError(f"a leaked token is sent over https or to this machine alone, and not to {section.address!r}")
    if _status(section, _NO_TOKEN, context) != _DEAD:
        raise SourceError("the server does not refuse a token of zeros: a proxy or cache answers in its place")
    return tuple(_life(leak, repositories, key, section, context) for leak in tokens)


def _life(leak: Leak, repositories: Mapping[Origin, Path], key: bytes, section: Gitea, context: Context) -> TokenLife:
    value = next(_values(leak, repositories, key), None)
    if value is None:
        raise SourceError(f"leaked token {leak.hmac[:16]} could not be read again: it lies in an archive or a name")
    status = _status(section, value, context)
    if status not in (_ALIVE, _DEAD):
        raise SourceError(f"the server answers {status} to leaked token {leak.hmac[:16]}")
    return TokenLife(hmac=leak.hmac, alive=status == _ALIVE)


def _status(section: Gitea, token: Secret, context: Context) -> int:
    connect = {connection.source: connection.target for connection in context.config.connect}
    origin = HttpOrigin(url=section.address, token=token, ca=section.ca, pin=section.pin)
    with HttpClient([origin], deadline=context.deadline, connect=connect) as http:
        return http.get(f"{section.address}/api/v1/version", token=True, fresh=True).status


def _values(leak: Leak, repositories: Mapping[Origin, Path], key: bytes) -> Iterator[Secret]:
    for place in leak.places:
        folder = repositories.get(place.origin)
        if folder is not None and place.object is not None:
            yield from _in_object(leak, place, folder, key)


def _in_object(leak: Leak, place: LeakPlace, folder: Path, key: bytes) -> Iterator[Secret]:
    source = read_source(folder)
    with Git.over(source.objects, source.hash_bytes) as git:
        text = git.content(place.object or "")
    for found in search(text, place="", key=key).secrets:
        if found.hmac == leak.hmac:
            yield Secret(text[found.start : found.end].decode("ascii"))


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
