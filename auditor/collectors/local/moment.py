"""Points in time as facts: RFC 3339 in UTC, to the second."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_text(seconds: int) -> str:
    """Seconds since 1970 as text; what lies beyond the years 1 to 9999 becomes the nearest of their ends."""
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        moment = datetime.max if seconds > 0 else datetime.min
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def mtime_text(mtime_ns: int) -> str:
    """The mtime of a file."""
    return utc_text(mtime_ns // 1_000_000_000)
