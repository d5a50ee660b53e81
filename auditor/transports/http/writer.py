"""The one way to send anything but a question: for notices and published results, never for what is audited.

It refuses plain http beyond this machine and private networks, and follows no redirect.
"""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Literal, Self

from auditor import __version__
from auditor.notation import is_private
from auditor.transports.http.address import Address, Origin, parse_address, place_text
from auditor.transports.http.answer import Response
from auditor.transports.http.call import Call, Clock
from auditor.transports.http.dispatch import Dispatch
from auditor.transports.http.exchange import read_response
from auditor.transports.http.fault import Fault, HttpError
from auditor.transports.http.retry import Patience
from auditor.transports.http.server import Servers

_LARGEST_ANSWER_BYTES = 1 << 20
_NOTHING: Mapping[str, str] = {}
# what is sent once too often must do no harm: the caller says so by the patience it gives
ONCE = Patience(attempts=1, total_seconds=10)
THRICE = Patience(attempts=3, total_seconds=10)


class HttpWriter:
    """Sends to servers that the configuration names; `patience` says how often, THRICE only what may arrive twice."""

    def __init__(
        self,
        origins: Sequence[Origin] = (),
        *,
        deadline: Clock,
        connect: Mapping[str, str] = _NOTHING,
        patience: Patience = ONCE,
    ) -> None:
        self._servers = Servers(origins, connect)
        self._dispatch = Dispatch(self._servers, deadline, patience, max_parallel=1)
        self._patience = patience

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._dispatch.close()

    def send(
        self,
        method: Literal["GET", "POST", "PATCH"],
        url: str,
        content: bytes = b"",
        *,
        headers: Mapping[str, str] = _NOTHING,
        token: bool = False,
    ) -> Response:
        """The answer, whatever its status; raises HttpError if there is none."""
        address = parse_address(url)
        self._demand_privacy(address)
        lines = {
            "host": address.authority,
            "user-agent": f"auditor/{__version__}",
            "accept": "application/json",
            **{name.lower(): value for name, value in headers.items()},
            "content-length": str(len(content)),
        }
        value = self._servers.token(address) if token else None
        if value is not None:
            lines["authorization"] = f"token {value}"
        call = Call(
            method=method,
            address=address,
            place=place_text(*self._servers.place(address)),
            headers=tuple(lines.items()),
            content=content,
            limit_bytes=_LARGEST_ANSWER_BYTES,
            total_seconds=self._patience.total_seconds,
        )
        return self._dispatch.ask(call, lambda exchange, started, tries: read_response(call, exchange, started, tries))

    def _demand_privacy(self, address: Address) -> None:
        if address.scheme == "http" and not is_private(self._servers.place(address)[0]):
            raise HttpError(Fault.FORBIDDEN, f"'{address.origin}': nothing is sent there over plain http: use https://")
