"""The small notations of the policy file: durations, dates, addresses; each is parsed or refused whole."""

import ipaddress
import re
import warnings
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?\Z")
_HOST_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\[\]:/@\s]+):(?P<port>[0-9]{1,5})\Z")
_SSH = re.compile(r"(?P<user>[A-Za-z0-9_.][A-Za-z0-9_.-]*)@(?P<address>[^@\s]+)\Z")
# what RE2 lacks, or reads otherwise than Python: groups that look around, name earlier ones or never give back
_NOT_RE2_GROUP = re.compile(r"\(\?(?:[=!>#(]|<[=!]|P=)")
_NUMERIC_LABEL = re.compile(r"\d+|0x[0-9a-f]*")
_PRIVATE_ENDINGS = (".lan", ".local", ".home.arpa", ".internal", ".localhost")
_PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)


def duration_seconds(text: str) -> int:
    """The seconds of `90s`, `15m`, `24h` or `7d`; raises ValueError."""
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if not match:
        raise ValueError("is no duration such as 90s, 15m, 24h or 7d")
    return int(match[1]) * _UNITS[match[2]]


def moment(text: str) -> datetime:
    """The moment of an RFC 3339 time, in UTC; raises ValueError."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", text, re.ASCII):
        raise ValueError('is no time such as "2026-12-31T12:00:00Z"')
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError('is no time such as "2026-12-31T12:00:00Z"') from error


def end_of(text: str) -> datetime:
    """The first moment (UTC) after a date, which holds through that day, or an RFC 3339 time; raises ValueError."""
    if "T" in text.upper():
        return moment(text)
    problem = 'is neither a date such as "2026-12-31" nor a time such as "2026-12-31T12:00:00Z"'
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise ValueError(problem)
    try:
        day = date.fromisoformat(text) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise ValueError(problem) from error
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def utc_text(when: datetime) -> str:
    """RFC 3339 in UTC, ending in Z, to the second."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def host_port(text: str) -> tuple[str, int]:
    """The host (no brackets) and port of `host:port` or `[2001:db8::1]:443`; raises ValueError."""
    match = _HOST_PORT.match(text)
    if not match or not 0 < int(match["port"]) < 65_536:
        raise ValueError("is no host:port such as nas.lan:443 or [2001:db8::1]:443")
    return host_name(match["host"]), int(match["port"])


def host_name(text: str) -> str:
    """A host name or address, IPv6 without its brackets; raises ValueError."""
    if re.fullmatch(r"\[[0-9A-Fa-f:.%]+\]", text):
        return text[1:-1]
    if not _HOST.match(text):
        raise ValueError("is no host name such as nas.lan")
    return text


def is_private(host: str) -> bool:
    """Whether `host`, as written, is this machine or in a private network; names are not resolved."""
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        last = host.rpartition(".")[2]
        if _NUMERIC_LABEL.fullmatch(last):
            return False
        return "." not in host or host.endswith(_PRIVATE_ENDINGS)
    literal = getattr(literal, "ipv4_mapped", None) or literal
    return any(literal in network for network in _PRIVATE_NETWORKS)


def ssh_target(text: str) -> tuple[str, str, int]:
    """User, host and port of `user@host` or `user@host:port`; raises ValueError."""
    match = _SSH.match(text)
    if not match:
        raise ValueError("is no SSH address such as auditor@nas.lan:22")
    address = match["address"]
    try:
        host, port = host_port(address) if _HOST_PORT.match(address) else (host_name(address), 22)
    except ValueError as error:
        raise ValueError("is no SSH address such as auditor@nas.lan:22") from error
    return match["user"], host, port


def http_address(text: str) -> str:
    """An http or https address without credentials, query and fragment; raises ValueError."""
    problem = "is no address such as https://git.example.org, without user, query and fragment"
    if re.search(r"[\s\\<>\"]", text) or not re.match(r"https?://", text):
        raise ValueError(problem)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(problem) from error
    plain = not (parts.query or parts.fragment or "?" in text or "#" in text or "@" in parts.netloc)
    if not plain or not parts.hostname or port == 0 or not (_HOST.match(parts.hostname) or ":" in parts.hostname):
        raise ValueError(problem)
    return text


def git_address(text: str) -> str:
    """An http or https address or a path on this machine; raises ValueError."""
    if "://" in text:
        return http_address(text)
    if re.match(r"[^/]*:", text):
        raise ValueError("is neither an https address nor a path: git objects come over HTTP or from a folder")
    return text


def re2_pattern(text: str) -> str:
    """A regular expression that RE2 and Python read alike; raises ValueError."""
    # neither an escaped character nor a character class can open a group or repeat
    bare = re.sub(r"\\.", lambda match: match[0] if match[0][1] in "123456789Z" else "..", text, flags=re.DOTALL)
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "C", bare)
    if _NOT_RE2_GROUP.search(bare) or re.search(r"\\[1-9]", bare):
        raise ValueError("uses a lookaround or a backreference, which RE2 lacks: write it without")
    if re.search(r"[*+?}]\+", bare):
        raise ValueError("uses a possessive quantifier, which RE2 lacks: write it without")
    if "\\Z" in bare:
        raise ValueError("uses \\Z, which RE2 lacks: write $")
    if any(int(count) > 1000 for pair in re.findall(r"\{(\d+)(?:,(\d+)?)?\}", bare) for count in pair if count):
        raise ValueError("repeats more than 1000 times, which RE2 refuses")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is no regular expression ({error})") from error
    return text


def branch_name(text: str) -> str:
    """A branch's name as git allows it (git-check-ref-format); raises ValueError."""
    parts = text.split("/")
    wrong = re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//", text) or text == "@"
    if wrong or text.startswith("-") or any(not p or p.startswith(".") or p.endswith((".", ".lock")) for p in parts):
        raise ValueError("is no name of a branch such as main")
    return text


def remote_path(text: str) -> str:
    """An absolute path on another machine, without `..`; raises ValueError."""
    if not text.startswith("/") or ".." in text.split("/") or re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("is no absolute path such as /volume2/docker/site, without ..")
    return text


def own_value(text: str) -> tuple[str, str]:
    """The witness and the relative path of `local:.env` or `nas:.env`; raises ValueError."""
    witness, _, path = text.partition(":")
    if witness not in ("local", "nas") or not path or path.startswith(("/", "~")) or ".." in path.split("/"):
        raise ValueError("is no env file such as local:.env or nas:.env: a relative path, without ..")
    return witness, path


def mail_address(text: str) -> str:
    """A bare mail address; raises ValueError."""
    if not re.fullmatch(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+", text):
        raise ValueError("is no mail address such as ops@example.net")
    return text


def plain_text(text: str) -> str:
    """A text without blanks and control characters; raises ValueError."""
    if re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError("holds a blank or a control character: write it as %20 and the like")
    return text


def one_line(text: str) -> str:
    """A text without control characters, newlines too; raises ValueError."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("holds a newline or another control character: write it on one line")
    return text
