"""What kept a notice from arriving, in one line without a secret: the address itself may be one."""

from auditor.errors import AuditorError
from auditor.transports.http.address import parse_address
from auditor.transports.http.fault import HttpError


class NoticeError(AuditorError):
    """A notice did not arrive; the verdict stays what it is."""


def spoken(error: HttpError, url: str) -> str:
    """The error's own words, with nothing of the URL but its origin."""
    try:
        address = parse_address(url)
    except HttpError:
        return "its address is no http:// or https:// URL: correct it"
    return str(error).replace(address.shown, f"'{address.origin}'").replace(url, address.origin)
