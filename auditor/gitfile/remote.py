"""Remotes with the addresses that git would use, and every place of the configuration that holds a credential."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from auditor.gitfile.config import ConfigEntry, GitConfig
from auditor.gitfile.config_syntax import Setting
from auditor.gitfile.url import parse_url
from auditor.model.facts.git_config import CredentialPlace, Remote, RemoteAddress, RemoteUrl
from auditor.text import name_text

_ADDRESS = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://\S+")
PlaceKind = Literal["remote", "instead-of", "submodule", "branch", "header", "proxy", "other"]
Direction = Literal["fetch", "push"]
CredentialKind = Literal["password", "token", "query", "header"]
_KINDS: dict[str, PlaceKind] = {"remote": "remote", "submodule": "submodule", "branch": "branch"}
_PROXIES = ("proxy", "httpproxy", "httpsproxy", "gitproxy")


def remotes(config: GitConfig) -> tuple[Remote, ...]:
    """The configured remotes by name."""
    names = sorted(config.subsections("remote"))
    found = (Remote(name=name_text(name), addresses=tuple(_addresses(config, name))) for name in names)
    return tuple(remote for remote in found if remote.addresses)


def _addresses(config: GitConfig, name: bytes) -> Iterator[RemoteAddress]:
    urls, pushes = _listed(config, "url", name), _listed(config, "pushurl", name)
    for entry in urls:
        yield _address(config, entry, "insteadof", "fetch")
    for entry in pushes:
        yield _address(config, entry, "insteadof", "push")
    if not pushes:
        rewritten = (entry for entry in urls if _rewrite(config, entry.value or b"", "pushinsteadof") is not None)
        for entry in rewritten:
            yield _address(config, entry, "pushinsteadof", "push")


def _listed(config: GitConfig, key: str, name: bytes) -> list[ConfigEntry]:
    """The entries of a list; an empty value takes back what stands before it."""
    found: list[ConfigEntry] = []
    for entry in config.all("remote", key, name):
        found = [*found, entry] if entry.value else []
    return found


def _address(config: GitConfig, entry: ConfigEntry, rule: str, direction: Direction) -> RemoteAddress:
    raw = entry.value or b""
    rewritten = _rewrite(config, raw, rule)
    return RemoteAddress(
        direction=direction,
        url=parse_url(raw if rewritten is None else rewritten),
        rewritten=rewritten is not None,
        origin=entry.origin,
    )


def _rewrite(config: GitConfig, raw: bytes, rule: str) -> bytes | None:
    """`raw` with the longest prefix that a rule names replaced; None if none fits.

    Of equally long ones the first counts, in the order in which their new addresses first occur (remote.c).
    """
    entries = list(config.named("url", rule))
    order = list(dict.fromkeys(entry.subsection for entry in entries))
    best: ConfigEntry | None = None
    for entry in sorted(entries, key=lambda one: order.index(one.subsection)):
        if entry.value is not None and entry.subsection is not None and raw.startswith(entry.value):
            best = entry if best is None or len(entry.value) > len(best.value or b"") else best
    if best is None:
        return None
    return (best.subsection or b"") + raw[len(best.value or b"") :]


def fetch_urls(config: GitConfig) -> list[tuple[str, bytes]]:
    """Name and address of every remote, as git would ask it; the addresses hold what they hold and must not be kept."""
    found = []
    for name in config.subsections("remote"):
        for entry in (*_listed(config, "url", name), *_listed(config, "pushurl", name)):
            raw = entry.value or b""
            rewritten = _rewrite(config, raw, "insteadof")
            found.append((name_text(name), raw if rewritten is None else rewritten))
    return found


def credentials(config: GitConfig, modules: Iterable[Setting], modules_file: bytes) -> tuple[CredentialPlace, ...]:
    """Every entry that holds a credential, in a value or in the address within its name; in the order of the files."""
    found = [place for entry in config.entries for place in _places(entry)]
    for one in modules:
        entry = ConfigEntry(one.section, one.subsection, one.key, one.value, "local", modules_file, one.line)
        found.extend(_places(entry))
    return tuple(dict.fromkeys(found))


def _places(entry: ConfigEntry) -> Iterator[CredentialPlace]:
    if entry.key == "extraheader" and entry.value and re.search(rb"(?i)(auth|token|cookie|key)", entry.value):
        yield _place(entry, "header", None)
    for raw in (entry.subsection, entry.value):
        for address in _addresses_in(raw, entry):
            url = parse_url(address)
            if url.credential_kind is not None:
                yield _place(entry, url.credential_kind, url)


def _addresses_in(raw: bytes | None, entry: ConfigEntry) -> list[bytes]:
    if not raw:
        return []
    if entry.key in ("url", "pushurl", "insteadof", "pushinsteadof"):
        return [raw]
    return _ADDRESS.findall(raw)


def _place(entry: ConfigEntry, credential_kind: CredentialKind, url: RemoteUrl | None) -> CredentialPlace:
    key = shown_key(entry)
    kind: PlaceKind = _KINDS.get(entry.section, "other")
    if credential_kind == "header":
        kind = "header"
    elif entry.key.endswith("insteadof"):
        kind = "instead-of"
    elif entry.key in _PROXIES:
        kind = "proxy"
    named = kind in _KINDS.values() and entry.subsection is not None
    return CredentialPlace(
        kind=kind,
        name=scrubbed(entry.subsection or b"") if named else key,
        key=key,
        credential_kind=credential_kind,
        url=url,
        origin=entry.origin,
    )


def shown_key(entry: ConfigEntry) -> str:
    """The full name of an entry, without the credential of an address in it."""
    middle = "" if entry.subsection is None else f"{scrubbed(entry.subsection)}."
    return f"{entry.section}.{middle}{entry.key}"


def scrubbed(raw: bytes) -> str:
    """A name that may be an address, without user name and credential if it is one."""
    if b"://" in raw or b"@" in raw:
        return parse_url(raw).text
    return name_text(raw)
