"""Where a request goes: URLs taken apart and put together; it opens nothing.

A user name or password in a URL is dropped here: it is neither sent nor shown.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

from auditor.text import printable, short
from auditor.transports.http.fault import Fault, HttpError

if TYPE_CHECKING:  # its package loads the whole configuration model
    from auditor.config.secret import Secret

_KEPT = "/%:@!$&'()*+,;=~"  # what a path may hold as it stands (RFC 3986); escapes stay escapes
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9._-]+")
# forms of an IPv4 address that resolvers take and `ipaddress` does not
_NUMERIC_LABEL = re.compile(r"\d+|0x[0-9a-f]*")

Params = Mapping[str, str | int]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What is known of one server: its address (a sub-path included), a token, and whom to believe.

    The token goes to paths below `url` alone. `ca` is a file of further authorities. `pin` is `sha256:` and the
    hash (hexadecimal or base64) of the server's public key (SPKI); it replaces the authorities, the names and the
    dates of the certificate. Both hold for every path of the same scheme, host and port.
    """

    url: str
    token: "Secret | None" = None
    ca: Path | None = None
    pin: str | None = None


@dataclass(frozen=True, kw_only=True)
class Address:
    """A URL; `host` is lower-case ASCII without brackets, `target` what stands in the request line."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def server(self) -> tuple[str, str, int]:
        """Scheme, host and port: what a token, a pin and a connection belong to."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """`host` or `host:port`, as in the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def place(self) -> str:
        """`host:port`, always with the port."""
        return place_text(self.host, self.port)

    @property
    def origin(self) -> str:
        """`scheme://host`, with the port where it is not the usual one."""
        return f"{self.scheme}://{self.authority}"

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def url(self) -> str:
        """The whole URL."""
        return self.origin + self.target

    @property
    def shown(self) -> str:
        """The URL for a message: in quotes, cut, and without the query, which may hold a secret."""
        return f"'{short(printable(self.origin + self.path), 200)}'"

    def lies_below(self, root: "Address") -> bool:
        """Whether this is `root` or lies in its sub-path, with no way out of it by `..`."""
        prefix = root.path.rstrip("/")
        inside = self.path == prefix or self.path.startswith(prefix + "/")
        return self.server == root.server and inside and ".." not in unquote(self.path).split("/")


def parse_address(url: str, params: Params | None = None) -> Address:
    """The address that `url` and further `params` name; raises HttpError if it is no http or https URL."""
    try:
        if re.search(r"[\x00-\x1f\x7f]", url):
            raise ValueError("a control character")
        parts = urlsplit(url)
        if "\\" in parts.netloc:
            raise ValueError("a backslash")
        default = _PORTS[parts.scheme]
        host, port = _host(parts.hostname or ""), parts.port
    except (ValueError, KeyError) as error:
        raise HttpError(Fault.ADDRESS, f"'{_bare(url)}' is no http:// or https:// address: correct it") from error
    query = "&".join(part for part in (parts.query, urlencode(params or {}, quote_via=quote)) if part)
    path = quote(parts.path or "/", safe=_KEPT)
    target = f"{path}?{quote(query, safe=_KEPT + '?')}" if query else path
    return Address(scheme=parts.scheme, host=host, port=default if port is None else port, target=target)


def parse_place(text: str) -> tuple[str, int]:
    """Host and port of `host:port`; raises HttpError for any other text."""
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise HttpError(Fault.ADDRESS, f"'{_bare(text)}' is not host:port: write it so under 'connect'")
    try:
        return _host(host.removeprefix("[").removesuffix("]")), int(port)
    except ValueError as error:
        raise HttpError(Fault.ADDRESS, f"'{_bare(text)}' names no host: write host:port under 'connect'") from error


def place_text(host: str, port: int) -> str:
    """`host:port`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def joined(address: Address, location: str) -> str:
    """The absolute URL of a Location header, without user name; what is no URL of ours stays as it came."""
    try:
        return parse_address(urljoin(address.url, location)).url
    except (HttpError, ValueError):
        return _bare(location)


def _host(text: str) -> str:
    if ":" in text:
        return str(ipaddress.IPv6Address(text))
    host = text.encode("idna").decode("ascii").lower()
    if not _HOST.fullmatch(host):
        raise ValueError(f"no host: {text!r}")
    if _NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]):
        # resolvers read 010.0.0.1 as octal, 1.2 as 1.0.0.2: another server than the written one would be asked
        return str(ipaddress.IPv4Address(host))
    return host


def _bare(url: str) -> str:
    # an address that can't be taken apart may still hold a password
    return short(printable(re.split(r"[?#]", url)[0].rpartition("@")[2]), 200)
