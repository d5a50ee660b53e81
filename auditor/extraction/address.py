"""A new-issue address taken apart, and the rules under which two addresses count as the same."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from auditor.extraction.value import Text

_FORM = re.compile("^(?P<before>[^?#]*?)/issues/new(?:/choose)?/?(?P<query>[?#\ue000].*)?$", re.DOTALL)
_TEMPLATE = re.compile(
    r"[{}<>*$]|%[sd](?![0-9a-f])|(?:^|/)(?::[a-z]|_*(?:BASE|HOST|USER|ORG|OWNER|REPO|REPOSITORY|PROJECT)_*(?:/|$))"
)
# what a browser takes out of a path: `./`, and `x/../`
_DOTS = re.compile(r"(?:(?<=/)|^)(?:\./|(?!\.\./)[^/]+/\.\./)")
_PORTS = {"http": 80, "https": 443}
# public forges: a link there is a project's own, or a mirror's
PUBLIC_FORGES = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "gitea.com", "sr.ht", "gitee.com")
_OPEN = "\ue000"
_CLOSE = "\ue001"


@dataclass(frozen=True, kw_only=True)
class FormAddress:
    """A new-issue address in its parts, percent-decoded; `base` is empty for an address without a server."""

    base: str
    owner: str
    repo: str
    parameters: tuple[str, ...]
    title_length: int | None
    body_length: int | None
    encoded_bytes: int
    fault: str | None


@dataclass(frozen=True)
class OpenAddress:
    """A new-issue address whose repository is not known; `shown` is what is, with its holes named."""

    shown: str


def parse_form(text: Text, canonical_base: str) -> FormAddress | OpenAddress | None:
    """The parts of a new-issue address; None for any other text."""
    whole = "".join(part if isinstance(part, str) else f"{_OPEN}{part.name}{_CLOSE}" for part in text.parts).strip()
    match = _FORM.match(whole)
    if match is None or re.search(r"\s", match["before"].partition(_OPEN)[0]) or match["before"].endswith("/-"):
        return None
    before = match["before"]
    if not before:
        return None
    if _OPEN in before:
        return OpenAddress(_shown(whole))
    base, owner, repo, fault = _repository(before, canonical_base)
    query = (match["query"] or "").lstrip("?").partition("#")[0]
    names = _parameters(query)
    return FormAddress(
        base=base,
        owner=owner,
        repo=repo,
        parameters=tuple(dict.fromkeys(name for name, _ in names)),
        title_length=_length(names, "title"),
        body_length=_length(names, "body"),
        encoded_bytes=len(re.sub(f"{_OPEN}[^{_CLOSE}]*{_CLOSE}", "", whole).encode("utf-8", "replace")),
        fault=fault,
    )


def is_template(text: str) -> bool:
    """Whether an address is a pattern whose places are still to be filled in (`{owner}`, `:repo`, `%s`, `OWNER`)."""
    return _TEMPLATE.search(text) is not None


def _shown(whole: str) -> str:
    return whole.replace(_OPEN, "{").replace(_CLOSE, "}")


def _repository(before: str, canonical_base: str) -> tuple[str, str, str, str | None]:
    scheme, mark, rest = before.partition("://")
    authority, slash, path = rest.partition("/") if mark else ("", "", before.removeprefix("/"))
    path = _DOTS.sub("", path)
    root = f"{scheme}://{authority}" if mark else ""
    prefix = _path_of(canonical_base) if mark else ""
    fault = None
    if prefix and (path + "/").lower().startswith(prefix.lower() + "/"):
        root, path = f"{root}/{path[: len(prefix)]}", path[len(prefix) :].removeprefix("/")
    segments = path.split("/") if path or slash else []
    while len(segments) > 2 and segments[0] == "":
        segments, fault = segments[1:], "double slash"
    if len(segments) > 2:
        # an unknown sub-path: what stands before the last two belongs to the base
        root = "/".join((root, *segments[:-2]) if mark or before.startswith("/") else segments[:-2])
        segments = segments[-2:]
    owner, repo = ["", "", *segments][-2:] if len(segments) != 1 else ("", segments[0])
    if "%2f" in (owner + repo).lower():
        fault = "encoded slash"
    return root, unquote(owner), unquote(repo), fault


def _path_of(base: str) -> str:
    try:
        return urlsplit(base).path.strip("/")
    except ValueError:
        return ""


def _parameters(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query.replace("&#38;", "&"), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return []


def _length(pairs: list[tuple[str, str]], name: str) -> int | None:
    for key, value in pairs:
        if key == name:
            return None if _OPEN in value else len(value)
    return None


def normal_base(text: str) -> str:
    """A base under the rules of comparison: scheme and host in lower case, no default port, no slash at the end."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return text
    if not parts.scheme or not parts.hostname:
        return text.rstrip("/")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = host if port is None or port == _PORTS.get(parts.scheme.lower()) else f"{host}:{port}"
    # who is named before the host is shown to everybody, and no part of any base
    named = "…@" if "@" in parts.netloc else ""
    return f"{parts.scheme.lower()}://{named}{place.lower()}{parts.path.rstrip('/')}"


def same_base(one: str, other: str) -> bool:
    """Whether two bases are the same server and sub-path."""
    return normal_base(one) == normal_base(other)


def host_of(base: str) -> str:
    """The host of a base, lower case; empty if there is none."""
    try:
        return (urlsplit(base).hostname or "").lower()
    except ValueError:
        return ""


__all__ = [
    "PUBLIC_FORGES",
    "FormAddress",
    "OpenAddress",
    "host_of",
    "is_template",
    "normal_base",
    "parse_form",
    "same_base",
]
