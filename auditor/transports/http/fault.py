"""What can go wrong with a request, each as one line that names cause and remedy; no secret is in any of them."""

from enum import StrEnum
from typing import TYPE_CHECKING

from auditor.errors import TransportError

if TYPE_CHECKING:
    import ssl

    from auditor.transports.http.address import Address


class Fault(StrEnum):
    """The kind of a failure."""

    ADDRESS = "address"
    FORBIDDEN = "forbidden"
    NAME = "name"
    CONNECT = "connect"
    TIMEOUT = "timeout"
    BUDGET = "budget"
    TLS = "tls"
    PIN = "pin"
    CUT = "cut"
    PROTOCOL = "protocol"
    SIZE = "size"
    CONTENT = "content"
    STATUS = "status"
    PAGING = "paging"


class HttpError(TransportError):
    """A request that brought no usable answer; `passing` says that the same request may succeed in a moment."""

    def __init__(self, fault: Fault, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.fault = fault
        self.passing = passing


class StallError(TimeoutError):
    """The other side took too long to `phase`: find, connect, shake hands, answer, or end."""

    def __init__(self, phase: str) -> None:
        super().__init__(phase)
        self.phase = phase


class WrongKeyError(OSError):
    """The server's key is `found`, another one than `pinned`."""

    def __init__(self, found: str, pinned: str) -> None:
        super().__init__("another key")
        self.found = found
        self.pinned = pinned


_STALLED = {
    "find": "its name could not be resolved in time: is the name server reachable?",
    "connect": "no connection within the time limit: is the machine awake and the port open?",
    "shake hands": "the TLS handshake did not end in time: is it an https port?",
    "answer": "the server said nothing for too long: is it overloaded?",
    "end": "the answer did not end within the time limit: is the server or the line too slow?",
}

# codes of X509_verify_cert, see verify(1ssl) of OpenSSL
_UNKNOWN_ISSUER = (2, 18, 19, 20, 21, 27)
_WRONG_NAME = (62, 64)


def fault_of(error: Exception, address: "Address", place: str) -> HttpError:
    """What `error` means for a request to `address`, whose connection really goes to `place` (host:port)."""
    import socket
    import ssl

    where = f"{address.shown}: "
    match error:
        case StallError(phase=phase):
            passing = phase in ("find", "connect", "shake hands", "answer")
            return HttpError(Fault.TIMEOUT, where + _STALLED[phase], passing=passing)
        case WrongKeyError():
            text = (
                f"the key of '{place}' is {error.found}, not the pinned {error.pinned}: "
                "correct 'pin' if the certificate was replaced; else someone stands in between"
            )
            return HttpError(Fault.PIN, where + text)
        case socket.gaierror():
            text = f"the name of '{place}' has no address: correct it, or name one under 'connect'"
            return HttpError(Fault.NAME, where + text, passing=error.errno == socket.EAI_AGAIN)
        case ssl.SSLCertVerificationError():
            return HttpError(Fault.TLS, where + _distrust(error, address.host))
        case ssl.SSLError():
            return HttpError(Fault.TLS, where + _broken_tls(error, place))
        case OSError():
            return _network_fault(error, where, place)
    return _protocol_fault(error, where)


def _distrust(error: "ssl.SSLCertVerificationError", host: str) -> str:
    code = error.verify_code
    if code == 10:
        return f"the certificate of '{host}' has expired: renew it"
    if code == 9:
        return f"the certificate of '{host}' is not valid yet: is the clock right?"
    if code in _WRONG_NAME:
        return (
            f"the certificate is not for '{host}': use a name that it carries, with 'connect' if need be, or replace it"
        )
    if code in _UNKNOWN_ISSUER:
        return (
            f"the certificate of '{host}' comes from an unknown authority: "
            "name its file under 'ca', or under 'pin' the sha256 of its public key"
        )
    return f"the certificate of '{host}' is not accepted ({error.verify_message}): replace it"


def _broken_tls(error: "ssl.SSLError", place: str) -> str:
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        return f"'{place}' does not speak TLS: is it http://, or another port?"
    reason = (error.reason or "closed").lower().replace("_", " ")
    return f"no TLS with '{place}' ({reason}): is its certificate whole and its TLS 1.2 or newer?"


def _network_fault(error: OSError, where: str, place: str) -> HttpError:
    if isinstance(error, ConnectionRefusedError):
        text = f"'{place}' refused the connection: is the server running, and the port right?"
    elif isinstance(error, ConnectionResetError | BrokenPipeError):
        text = f"'{place}' cut the connection: is a proxy or a firewall in between?"
        return HttpError(Fault.CUT, where + text, passing=True)
    else:
        reason = (error.strerror or "no connection").lower()
        text = f"'{place}' can't be reached ({reason}): is the network up and the address right?"
    return HttpError(Fault.CONNECT, where + text, passing=True)


def _protocol_fault(error: Exception, where: str) -> HttpError:
    text = str(error)
    if "disconnected" in text or "peer closed" in text:
        cut = "the server cut its answer: is it restarting, or a proxy too strict?"
        return HttpError(Fault.CUT, where + cut, passing=True)
    return HttpError(Fault.PROTOCOL, where + "what came is no HTTP/1.1 answer: is it the right port?")
