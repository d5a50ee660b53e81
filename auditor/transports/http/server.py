"""What is known of the servers: who gets which token, whom to believe, where connections really go."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from auditor.errors import ConfigError
from auditor.notation import is_private
from auditor.transports.http.address import (
    Address,
    Origin,
    parse_address,
    parse_place,
    place_text,
)
from auditor.transports.http.fault import Fault, HttpError
from auditor.transports.http.pin import parse_pin

Place = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Whom a connection believes: the system's authorities with those of the file `ca`, or the one key `pin`."""

    ca: Path | None = None
    pin: str | None = None


@dataclass(frozen=True)
class _Holder:
    root: Address
    token: str | None = field(repr=False)


class Servers:
    """The configured origins, and what `connect` says; any other server is believed by the system's authorities.

    Raises ConfigError for origins that contradict each other or a token that no header can hold.
    """

    def __init__(self, origins: Sequence[Origin], connect: Mapping[str, str]) -> None:
        self._places = {parse_place(source): parse_place(target) for source, target in connect.items()}
        self._holders: list[_Holder] = []
        self._trust: dict[tuple[str, str, int], Trust] = {}
        warnings = [self._add(origin) for origin in origins]
        self.warnings = tuple(dict.fromkeys(line for line in warnings if line is not None))

    def place(self, address: Address) -> Place:
        """Host and port of the real connection."""
        return self._places.get((address.host, address.port), (address.host, address.port))

    def trust(self, address: Address) -> Trust:
        """Whom a connection to `address` believes."""
        return self._trust.get(address.server, Trust())

    def token(self, address: Address) -> str | None:
        """The token for `address`, None for an anonymous run; raises HttpError wherever it must not go."""
        below = [holder for holder in self._holders if address.lies_below(holder.root)]
        if not below:
            raise HttpError(
                Fault.FORBIDDEN,
                f"{address.shown}: a token goes to the configured address alone: correct that",
            )
        token = max(below, key=lambda holder: len(holder.root.path)).token
        if token is not None and address.scheme == "http" and not self._stays_private(address):
            raise HttpError(
                Fault.FORBIDDEN, f"{address.shown}: a token is not sent over plain http: configure https://"
            )
        return token

    def scrub(self, text: str) -> str:
        """`text` without any token."""
        for holder in self._holders:
            if holder.token:
                text = text.replace(holder.token, "***")
        return text

    def _stays_private(self, address: Address) -> bool:
        return is_private(self.place(address)[0])

    def _add(self, origin: Origin) -> str | None:
        root = parse_address(origin.url)
        token = None if origin.token is None else _checked(origin.token.reveal(), root)
        trust = Trust(ca=None if origin.pin else origin.ca, pin=parse_pin(origin.pin) if origin.pin else None)
        known = self._trust.setdefault(root.server, trust)
        if known != trust and trust != Trust():
            if known != Trust():
                raise ConfigError(f"'{root.origin}' has two different 'ca' or 'pin': give it one")
            self._trust[root.server] = trust
        self._holders.append(_Holder(root, token))
        if token is None or root.scheme != "http" or not self._stays_private(root):
            return None
        place = place_text(*self.place(root))
        return f"the token goes unencrypted to '{place}': whoever is in that network can read it; use https://"


def _checked(token: str, root: Address) -> str:
    # an illegal header value would be quoted by the error that refuses it
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise ConfigError(f"the token for '{root.origin}' holds spaces or other odd characters: copy it again")
    return token
