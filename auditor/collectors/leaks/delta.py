"""A git delta (gitformat-pack(5)) applied to its base, with the places of the result that the base does not have."""

from auditor.collectors.leaks.pack import PackError

# two new places that lie closer than this are one: what is searched about each would overlap
_CLOSE = 640


def applied(base: bytes, delta: bytes) -> tuple[bytes, list[tuple[int, int]]]:  # noqa: C901 -- a call costs more
    """The result, and its new places in order: inserted bytes, and the seams between copies (of length 0)."""
    at, size = _length(delta, 0)
    if size != len(base):
        raise PackError("a delta is that of another base")
    at, wanted = _length(delta, at)
    parts: list[bytes] = []
    new: list[tuple[int, int]] = []
    start = end = -_CLOSE - 1
    out, total, last = 0, len(delta), -1
    while at < total:
        code = delta[at]
        at += 1
        if code & 0x80:
            offset = size = 0
            try:
                if code & 0x01:
                    offset = delta[at]
                    at += 1
                if code & 0x02:
                    offset |= delta[at] << 8
                    at += 1
                if code & 0x04:
                    offset |= delta[at] << 16
                    at += 1
                if code & 0x08:
                    offset |= delta[at] << 24
                    at += 1
                if code & 0x10:
                    size = delta[at]
                    at += 1
                if code & 0x20:
                    size |= delta[at] << 8
                    at += 1
                if code & 0x40:
                    size |= delta[at] << 16
                    at += 1
            except IndexError as error:
                raise PackError("a delta is cut off") from error
            size = size or 0x10000
            part = base[offset : offset + size]
            if len(part) != size:
                raise PackError("a delta reaches beyond its base")
            if out and offset != last and out != end:
                if out - end > _CLOSE:
                    if end >= 0:
                        new.append((start, end))
                    start = out
                end = out
            last = offset + size
        elif code:
            part = delta[at : at + code]
            size = code
            at += code
            if out - end > _CLOSE:
                if end >= 0:
                    new.append((start, end))
                start = out
            end = out + code
            last = -1
        else:
            raise PackError("a delta holds what is not supported")
        parts.append(part)
        out += size
    if end >= 0:
        new.append((start, end))
    if out != wanted:
        raise PackError("a delta makes another length than it says")
    return b"".join(parts), new


def _length(delta: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(delta):
        byte = delta[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return at, value
    raise PackError("a delta is cut off")
