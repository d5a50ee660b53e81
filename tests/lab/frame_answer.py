"""A whole answer of the probe, read at once."""

from collections.abc import Iterable

from auditor.transports.frames import FrameReader, Frames


def parse_frames(data: bytes | Iterable[bytes], frame: str) -> Frames:
    """The sections of a whole answer, or of its pieces however they were cut."""
    reader = FrameReader(frame)
    for piece in (data,) if isinstance(data, bytes) else data:
        reader.feed(piece)
    return reader.finish()
