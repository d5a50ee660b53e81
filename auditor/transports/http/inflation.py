"""The bytes of an answer, unpacked piece by piece and capped: a small answer can't become a large one in memory."""

import zlib
from collections.abc import Iterable, Iterator

from auditor.transports.http.fault import Fault, HttpError

_PIECE = 1 << 16
# an answer of nothing but empty blocks unpacks to nothing and never ends
_PACKING_OVERHEAD = 1 << 16


def unpacked(pieces: Iterable[bytes], encoding: str, limit_bytes: int | None, where: str) -> Iterator[bytes]:
    """The pieces of a body that came with this Content-Encoding; raises HttpError beyond `limit_bytes`.

    Only gzip was asked for: what comes in another packing is refused. `where` is the address for messages.
    """
    match encoding.strip().lower():
        case "" | "identity":
            yield from _capped(pieces, limit_bytes, where)
        case "gzip" | "x-gzip":
            packed = _capped(pieces, None if limit_bytes is None else limit_bytes + _PACKING_OVERHEAD, where)
            yield from _capped(_gunzipped(packed, where), limit_bytes, where)
        case other:
            raise HttpError(
                Fault.CONTENT,
                f"{where}: packed as {other[:40]!r}, which was not asked for: is a proxy in between?",
            )


def _capped(pieces: Iterable[bytes], limit_bytes: int | None, where: str) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if limit_bytes is not None and size > limit_bytes:
            raise HttpError(Fault.SIZE, f"{where}: more than {limit_bytes} bytes: is it the right address?")
        yield piece


def _gunzipped(pieces: Iterable[bytes], where: str) -> Iterator[bytes]:
    unpacker, started = zlib.decompressobj(wbits=31), False
    try:
        for packed in pieces:
            rest = packed
            while rest:
                if unpacker.eof:  # a file of several members is a valid one
                    unpacker = zlib.decompressobj(wbits=31)
                started = True
                if piece := unpacker.decompress(rest, _PIECE):
                    yield piece
                rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    except zlib.error as error:
        raise HttpError(Fault.CONTENT, f"{where}: damaged gzip data: ask again") from error
    # what the last input holds back comes without further input
    while started and not unpacker.eof:
        piece = unpacker.decompress(b"", _PIECE)
        if not piece:
            raise HttpError(Fault.CUT, f"{where}: the gzip data ends early: ask again", passing=True)
        yield piece
