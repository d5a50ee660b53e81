"""Addresses of repositories in parts; a credential in one is seen and never kept."""

import re
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import unquote_to_bytes

from auditor.model.facts.git_config import RemoteUrl
from auditor.text import name_text, short

CredentialKind = Literal["password", "token", "query"]
Form = Literal["https", "http", "ssh", "scp", "git", "file", "other"]

_HELPER = re.compile(rb"([A-Za-z0-9][A-Za-z0-9+.-]*)::(.*)", re.DOTALL)
_SCHEME = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_FORMS: dict[str, Form] = {
    "https": "https",
    "http": "http",
    "ssh": "ssh",
    "git+ssh": "ssh",
    "ssh+git": "ssh",
    "git": "git",
    "file": "file",
}
# public prefixes of tokens, which some tools put in the place of the user name
_TOKEN_PREFIX = re.compile(rb"(?i)(gh[opsur]_|github_pat_|gl[a-z]{1,6}-|gt[a-z]?_|x-token-auth|hf_|npm_|pat-|atbb|att)")
_TOKEN = re.compile(rb"[0-9a-fA-F]{32,}|eyJ[\w-]+\.[\w-]+\..*|(?:AKIA|ASIA)[A-Z0-9]{16}")
_TOKEN_SHAPE = re.compile(rb"[0-9a-fA-F]{32,}|(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_-]{30,}")
_TOKEN_MATE = (b"x-oauth-basic", b"oauth2", b"x-access-token")
_TEXT_LIMIT = 1024


@dataclass(frozen=True)
class _Authority:
    host: bytes
    port: int | None
    user_present: bool
    credential: CredentialKind | None


def parse_url(raw: bytes) -> RemoteUrl:
    """The parts of an address as git reads it: URL, scp form, path, or that of a remote helper."""
    helper = _HELPER.fullmatch(raw)
    if helper:
        inner = parse_url(helper[2])
        scheme = helper[1].decode().lower()
        if inner.form in ("https", "http", "ssh"):
            return replace(inner, form="other", text=f"{scheme}::{inner.text}")
        return _opaque(scheme, inner)
    url = _SCHEME.fullmatch(raw)
    if url:
        return _from_url(url[1].decode().lower(), url[2])
    before, colon, after = raw.partition(b":")
    if colon and b"/" not in before and before:
        return _from_scp(before, after)
    return _built("file", None, _Authority(b"", None, False, None), raw, raw)


def has_credential(raw: bytes) -> bool:
    """Whether an address carries a credential."""
    return parse_url(raw).credential_kind is not None


def is_token(raw: bytes) -> bool:
    """Whether a value is a token by its public prefix, or hex of that length; names of any length are none."""
    prefix = _TOKEN_PREFIX.match(raw)
    return bool(_TOKEN.fullmatch(raw)) or bool(prefix and len(raw) - prefix.end() >= 16)


def _from_url(scheme: str, rest: bytes) -> RemoteUrl:
    form = _FORMS.get(scheme, "other")
    if form == "file":
        return _built(form, scheme, _Authority(b"", None, False, None), rest, b"file://" + rest)
    end = min((at for at in (rest.find(mark) for mark in (b"/", b"?", b"#")) if at >= 0), default=len(rest))
    # an @ after the first slash may still belong to a password that was not escaped
    head, tail = rest[:end], rest[end:]
    if b"@" not in head and b":" in head and not head.rpartition(b":")[2].isdigit() and b"@" in tail:
        inner, _, tail = tail.rpartition(b"@")
        host, slash, path = tail.partition(b"/")
        head, tail = head + inner + b"@" + host, slash + path
    authority = _authority(head)
    path, query = re.split(rb"[?#]", tail, maxsplit=1)[0], re.search(rb"[?#]", tail)
    if query and authority.credential is None and re.search(rb"(?i)(token|secret|password|key|auth)[^=&]*=", tail):
        authority = _Authority(authority.host, authority.port, authority.user_present, "query")
    port = b"" if authority.port is None else b":%d" % authority.port
    text = scheme.encode() + b"://" + authority.host + port + path
    return _built(form, scheme, authority, path, text)


def _authority(text: bytes) -> _Authority:
    login, at, place = text.rpartition(b"@")
    user, colon, password = login.partition(b":")
    host, _, port = place.rpartition(b":") if re.search(rb":\d*$", place) else (place, b"", b"")
    number = int(port) if port and len(port) < 6 else None
    return _Authority(host.lower(), number, bool(at), _credential(user, password if colon else None))


def _credential(user: bytes, password: bytes | None) -> CredentialKind | None:
    name = unquote_to_bytes(user)
    token = bool(_TOKEN_PREFIX.match(name) or _TOKEN_SHAPE.fullmatch(name))
    if password:
        return "token" if password in _TOKEN_MATE or _TOKEN_PREFIX.match(password) else "password"
    return "token" if token else None


def _from_scp(before: bytes, path: bytes) -> RemoteUrl:
    """`[user@]host:path`; a password put there as in a URL makes git read nonsense, and leaks all the same."""
    if b"@" not in before and b"@" in path.partition(b"/")[0]:
        password, _, place = path.rpartition(b"@")
        host, _, rest = place.partition(b":")
        authority = _Authority(host.lower(), None, True, _credential(before, password))
        return _built("scp", None, authority, rest, host.lower() + b":" + rest)
    authority = _authority(before)
    return _built("scp", None, authority, path, authority.host + b":" + path)


def _built(form: Form, scheme: str | None, authority: _Authority, path: bytes, text: bytes) -> RemoteUrl:
    segments = [part for part in path.split(b"/") if part]
    repository = segments[-1].removesuffix(b".git") if segments else b""
    owner = segments[-2] if len(segments) > 1 else b""
    return RemoteUrl(
        form=form,
        text=_shown(text) or "",
        scheme=scheme,
        host=_shown(authority.host),
        port=authority.port,
        path=_shown(path),
        owner=_shown(owner),
        repository=_shown(repository),
        user_present=authority.user_present,
        credential_kind=authority.credential,
    )


def _shown(raw: bytes) -> str | None:
    return short(name_text(raw), _TEXT_LIMIT) if raw else None


def _opaque(scheme: str, inner: RemoteUrl) -> RemoteUrl:
    """A remote helper's address that is none of ours to read, such as a command: nothing of it is kept."""
    return RemoteUrl(
        form="other",
        text=f"{scheme}::…",
        scheme=scheme,
        host=None,
        port=None,
        path=None,
        owner=None,
        repository=None,
        user_present=False,
        credential_kind=inner.credential_kind,
    )
