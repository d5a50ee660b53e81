"""Settings that turn the verification of certificates off, matched to remotes as git does it (urlmatch.c)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from auditor.gitfile.config import ConfigEntry, GitConfig, truth_of
from auditor.gitfile.remote import fetch_urls, scrubbed, shown_key
from auditor.model.facts.git_config import Origin, TlsSwitch

_PORTS = {b"http": b"80", b"https": b"443"}
_KEY = "sslverify"


@dataclass(frozen=True)
class _Address:
    scheme: bytes
    user: bytes | None
    host: tuple[bytes, ...]
    port: bytes
    path: bytes


def tls_switches(config: GitConfig, environment: Mapping[bytes, bytes]) -> tuple[TlsSwitch, ...]:
    """Every switch in the order of the files; the environment's last."""
    entries = [entry for entry in config.named("http", _KEY) if truth_of(entry.value) is not None]
    addresses = [(name, address) for name, raw in fetch_urls(config) if (address := _parsed(raw)) is not None]
    deciding = [(name, _deciding(entries, address)) for name, address in addresses]
    switches = [
        _switch(entry, entries, [name for name, winner in deciding if winner is entry])
        for entry in entries
        if truth_of(entry.value) is False
    ]
    if b"GIT_SSL_NO_VERIFY" in environment:
        switches.append(_of_environment(name for name, _ in addresses))
    return tuple(switches)


def _of_environment(names: Iterable[str]) -> TlsSwitch:
    return TlsSwitch(
        key="GIT_SSL_NO_VERIFY",
        scope=None,
        origin=Origin(level="environment", file=None, line=None),
        overridden=False,
        remotes=tuple(sorted(set(names))),
    )


def _switch(entry: ConfigEntry, entries: list[ConfigEntry], names: list[str]) -> TlsSwitch:
    later = entries[entries.index(entry) + 1 :]
    return TlsSwitch(
        key=shown_key(entry).replace("sslverify", "sslVerify"),
        scope=None if entry.subsection is None else scrubbed(entry.subsection),
        origin=entry.origin,
        overridden=any(_scope(one) == _scope(entry) and truth_of(one.value) for one in later),
        remotes=tuple(sorted(set(names))),
    )


def _scope(entry: ConfigEntry) -> object:
    return None if entry.subsection is None else _parsed(entry.subsection) or entry.subsection


def _deciding(entries: list[ConfigEntry], address: _Address) -> ConfigEntry | None:
    """The entry whose address fits best: longest host, then longest path, then the user; of equals the last."""
    best: tuple[tuple[int, int, bool], ConfigEntry] | None = None
    for entry in entries:
        rank = (0, 0, False) if entry.subsection is None else _rank(_parsed(entry.subsection), address)
        if rank is not None and (best is None or rank >= best[0]):
            best = (rank, entry)
    return best[1] if best else None


def _rank(pattern: _Address | None, address: _Address) -> tuple[int, int, bool] | None:
    """How well an address fits a pattern; None if it doesn't."""
    if pattern is None or (pattern.scheme, pattern.port) != (address.scheme, address.port):
        return None
    if pattern.user is not None and pattern.user != address.user:
        return None
    if len(pattern.host) != len(address.host):
        return None
    if any(want not in (b"*", got) for want, got in zip(pattern.host, address.host, strict=True)):
        return None
    folder = pattern.path.rstrip(b"/") + b"/"
    if not (address.path.rstrip(b"/") + b"/").startswith(folder):
        return None
    return len(b".".join(pattern.host)), len(folder), pattern.user is not None


def _parsed(raw: bytes) -> _Address | None:
    """An http(s) address in git's normal form; None for any other."""
    scheme, found, rest = raw.partition(b"://")
    scheme = scheme.lower()
    if not found or scheme not in _PORTS:
        return None
    authority, slash, path = rest.partition(b"/")
    login, at, place = authority.rpartition(b"@")
    host, colon, port = place.rpartition(b":")
    if not colon or not port.isdigit():
        host, port = place.removesuffix(b":"), b""
    return _Address(
        scheme,
        unquote_to_bytes(login.partition(b":")[0]) if at else None,
        tuple(host.lower().split(b".")),
        (port or _PORTS[scheme]).lstrip(b"0"),
        slash + unquote_to_bytes(path.partition(b"?")[0].partition(b"#")[0]),
    )
