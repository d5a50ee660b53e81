"""Copies over smart HTTP: dulwich speaks the protocol, the auditor's own HTTP client carries it.

It asks for `info/refs` and posts to `git-upload-pack`, and for nothing else: no redirect, no other host, no dumb files.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from dulwich.client import AbstractHttpGitClient

from auditor.errors import AuditorError, SourceError, TransportError
from auditor.interfaces import Deadline
from auditor.text import printable, short
from auditor.transports.mirror.fault import MirrorUnsupportedError, OutOfTimeError
from auditor.transports.mirror.source import PREFIXES, believed_refs
from auditor.transports.mirror.state import Ref

if TYPE_CHECKING:
    from dulwich.refs import Ref as RawRef

_REFS_BYTES = 128 << 20
_REFS_TAIL, _PACK_TAIL = "info/refs?service=git-upload-pack", "git-upload-pack"
_ROOM_FOR_PROGRESS = 64 << 20
_LINES_SHOWN = 120


class Headers(Protocol):
    """The headers of an answer, asked by any case of their name."""

    def get(self, name: str, /) -> str | None: ...


class Answer(Protocol):
    """What the HTTP client gives while an answer is read, its body once and piece by piece."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def chunks(self) -> Iterator[bytes]: ...


class HttpClient(Protocol):
    """What the mirror needs of the HTTP client: an answer as a stream, with the token for its origin, no redirects."""

    def stream(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes, token: bool
    ) -> AbstractContextManager[Answer]: ...


class HttpSource:
    """A repository behind a URL."""

    def __init__(
        self,
        http: HttpClient,
        url: str,
        *,
        token: bool,
        limit: int,
        deadline: Deadline,
        progress: Callable[[str], None],
    ) -> None:
        parts = urlsplit(url)
        if parts.username or parts.password or parts.query or parts.fragment:
            raise SourceError("the address of the git objects must hold no user, password or query: use gitea.token")
        self._place = f"{parts.scheme}://{parts.netloc}{parts.path}"
        self._limit = limit
        self._progress = progress
        self._told_at = 0.0
        self._client = _Client(http, url, token, deadline)

    def refs(self) -> tuple[Ref, ...]:
        with self._spoken():
            self._client.limit = _REFS_BYTES
            self._client.known = None
            advertised = self._client.get_refs(b"", ref_prefix=list(PREFIXES))
            if advertised.object_format not in (None, "sha1"):
                raise MirrorUnsupportedError(
                    f"the repository's objects are named by {short(printable(str(advertised.object_format)), 20)}, "
                    "which can't be copied yet"
                )
            return believed_refs((name, sha) for name, sha in advertised.refs.items() if sha is not None)

    def fetch(self, wants: Sequence[str], haves: Iterable[str], write: Callable[[bytes], int], *, thin: bool) -> None:
        with self._spoken():
            self._client.limit = self._limit + _ROOM_FOR_PROGRESS
            self._client.ask_thin(thin)
            result = self._client.fetch_pack(
                b"",
                lambda _refs, **_options: [sha.encode() for sha in wants],  # type: ignore[arg-type]  # their NewType
                _Haves(haves),
                write,
                progress=self._said,
                ref_prefix=list(PREFIXES),
            )
            if result.new_shallow:
                raise MirrorUnsupportedError("the server's repository is shallow: its history can't be judged")

    def close(self) -> None:
        self._client.finish()

    def _said(self, data: bytes) -> None:
        """Passes on what the server says of its progress, once a second and cut: it counts every percent."""
        line = data.replace(b"\r", b"\n").strip().rpartition(b"\n")[2].decode("utf-8", "replace")
        if line and time.monotonic() - self._told_at >= 1:
            self._told_at = time.monotonic()
            self._progress("git server: " + printable(short(line, _LINES_SHOWN)))

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        """Turns whatever dulwich makes of a hostile or broken answer into one error."""
        try:
            yield
            self._client.drain()
        except AuditorError:
            raise
        except Exception as error:  # asserts, KeyErrors and zlib errors included: dulwich trusts its peer
            said = printable(short(str(error) or type(error).__name__, 200))
            raise TransportError(f"git at {self._place} did not finish its answer: {said!r}") from error
        finally:
            self._client.finish()


class _Client(AbstractHttpGitClient):
    """dulwich's protocol on our transport; `limit` is the most bytes the next answer may have."""

    def __init__(self, http: HttpClient, url: str, token: bool, deadline: Deadline) -> None:
        super().__init__(url, thin_packs=True, quiet=True)
        self.limit = 0
        self.known: Any = None
        self._http, self._token = http, token
        self._deadline = deadline
        self._open: list[_Stream] = []

    def ask_thin(self, thin: bool) -> None:
        """Whether the next pack may lean on objects that we have."""
        from dulwich.protocol import CAPABILITY_THIN_PACK

        (self._fetch_capabilities.add if thin else self._fetch_capabilities.discard)(CAPABILITY_THIN_PACK)

    def drain(self) -> None:
        """Reads the last answer to its end, so that its connection serves again."""
        for stream in self._open:
            while stream.read(1 << 16):
                pass
        self.finish()

    def finish(self) -> None:
        """Lets go of the last answer."""
        while self._open:
            self._open.pop().end()

    def _discover_references(
        self,
        service: bytes,
        base_url: str,
        protocol_version: int | None = None,
        ref_prefix: Sequence[bytes] | None = None,
    ) -> "tuple[dict[RawRef, Any], set[bytes], str, dict[RawRef, RawRef], dict[RawRef, Any]]":
        # The refs were asked for once; a transfer in pieces must not ask again before each
        if self.known is None:
            self.known = super()._discover_references(service, base_url, protocol_version, ref_prefix)
            if self.dumb:
                raise MirrorUnsupportedError(
                    "the server offers only git's dumb protocol, or the address is not a repository's"
                )
        known: tuple[dict[RawRef, Any], set[bytes], str, dict[RawRef, RawRef], dict[RawRef, Any]] = self.known
        return known

    def _http_request(  # type: ignore[override]  # ours is no urllib3 answer; dulwich uses what _Stream has
        self,
        url: str,
        headers: dict[str, str] | None = None,
        data: bytes | Iterator[bytes] | None = None,
        raise_for_status: bool = True,  # noqa: ARG002 - the parent's; only its dumb protocol says False
    ) -> "tuple[_Stream, Callable[[int], bytes]]":
        self.drain()
        method, tail = ("GET", _REFS_TAIL) if data is None else ("POST", _PACK_TAIL)
        if url != self._base_url + tail:
            raise SourceError(f"the server leads to {printable(short(url, 200))!r}, which is not asked")
        content = data if isinstance(data, bytes) else b"".join(data or ())
        sent = {name: value for name, value in (headers or {}).items() if name.lower() != "content-length"}
        opening = self._http.stream(method, url, headers=sent, content=content, token=self._token)
        stream = _Stream(opening, url, self.limit, self._deadline)
        self._open.append(stream)
        return stream, stream.read


class _Stream:
    """One answer as dulwich wants it: read by exact size, with a content type and no redirect."""

    redirect_location = None

    def __init__(self, opening: AbstractContextManager[Answer], url: str, limit: int, deadline: Deadline) -> None:
        self._opening = opening
        self._left, self._deadline = limit, deadline
        answer = opening.__enter__()
        try:
            _demand_ok(answer, url)
        except BaseException:
            self.end()
            raise
        self.content_type = answer.headers.get("content-type")
        self._pieces = iter(answer.chunks)
        self._buffer = b""
        self._place = 0

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        if self._place + size > len(self._buffer):
            self._fill(size)
        data = self._buffer[self._place : self._place + size]
        self._place += len(data)
        return data

    def close(self) -> None:
        """Nothing yet: dulwich asks for it before the answer's last bytes; `end` does it."""

    def end(self) -> None:
        """Gives the connection back."""
        self._opening.__exit__(None, None, None)

    def _fill(self, size: int) -> None:
        parts = [self._buffer[self._place :]]
        held = len(parts[0])
        while held < size and (piece := next(self._pieces, b"")):
            if not self._deadline.remaining():
                raise OutOfTimeError("the time limit was reached while the repository was copied")
            self._left -= len(piece)
            if self._left < 0:
                raise SourceError("the git server's answer is larger than the mirror's limit")
            parts.append(piece)
            held += len(piece)
        self._buffer, self._place = b"".join(parts), 0


class _Haves:
    """dulwich's walk over what we have, in our own order; there is nothing to learn from an answer that comes once."""

    shallow = None

    def __init__(self, haves: Iterable[str]) -> None:
        self._haves = iter(haves)

    def __next__(self) -> Any:
        return next((sha.encode("ascii") for sha in self._haves), None)

    def ack(self, sha: bytes) -> None:
        """The one answer is the pack itself."""

    def nak(self) -> None:
        """As above."""


def _demand_ok(answer: Answer, url: str) -> None:
    where = printable(short(url.partition("?")[0], 200))
    if answer.status == 200:
        return
    if 300 <= answer.status < 400:
        target = printable(short(answer.headers.get("location") or "nowhere", 200))
        raise SourceError(f"{where} leads to {target!r}: name the right address in gitea.git or gitea.api")
    if answer.status in (401, 403, 404):
        raise SourceError(
            f"{where} answered {answer.status}: the repository is not there, or the token may not read its code "
            "(scope read:repository)"
        )
    raise TransportError(f"{where} answered {answer.status}")
