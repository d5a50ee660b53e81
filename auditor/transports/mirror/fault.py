"""What can be wrong with a mirror, beyond the connection to its source."""

from auditor.errors import SourceError


class MirrorUnsupportedError(SourceError):
    """The repository is of a kind that can't be copied (SHA-256, shallow, dumb HTTP)."""


class MirrorDamagedError(SourceError):
    """The copy lacks an object or holds a broken one; the next update repairs it."""


class MirrorMalformedError(SourceError):
    """An object is intact and yet not what git allows, or beyond the limits."""


class OutOfTimeError(SourceError):
    """The time limit was reached in the middle of a transfer."""
