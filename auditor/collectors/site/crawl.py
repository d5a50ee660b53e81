"""What is fetched of the public site: pages, a sample of the sitemap, the page for what isn't there, scripts."""

import hashlib
import random
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from auditor.collectors.site.gap import GapList
from auditor.interfaces import Deadline
from auditor.model.facts.site import Fetched, Role
from auditor.text import printable, short
from auditor.transports.http import HttpClient
from auditor.transports.http.answer import Response
from auditor.transports.http.fault import Fault, HttpError

if TYPE_CHECKING:  # its parsers are loaded once the first request is on its way
    from auditor.extraction.reading import Reading

NOT_FOUND_PATH = "/__auditor-not-found"
_SAMPLE = 20
_DEPTH = 2
_MOST_FILES = 200
_MOST_BYTES = 20 << 20
_LIMITS: dict[Role, int] = {
    "page": 4 << 20,
    "not-found": 4 << 20,
    "script": 2 << 20,
    "sitemap": 4 << 20,
    "probe": 1 << 20,
}
_TOO_MUCH = f"more than {_MOST_FILES} files or {_MOST_BYTES >> 20} MB are served: not all were read"
_MOST_REDIRECTS = 5
_PARALLEL = 4
_SITEMAPS = ("sitemap-index.xml", "sitemap-0.xml", "sitemap.xml")
_LOCATION = re.compile(rb"<loc>\s*(?:<!\[CDATA\[)?\s*([^<\]\s]{1,2000})", re.IGNORECASE)
_SECONDS = 30.0


Hear = Callable[[str, bytes], None]


def _nobody(_place: str, _text: bytes) -> None:
    return None


@dataclass(frozen=True)
class Answered:
    """One answer with its bytes, which are read and not kept."""

    fact: Fetched
    body: bytes | None


class Crawl:
    """Fetches from one origin within its caps; what they cut is a gap at `public`, `hear` is told what was answered."""

    def __init__(self, http: HttpClient, url: str, deadline: Deadline, gaps: GapList, hear: Hear = _nobody) -> None:
        self._http, self._hear = http, hear
        self._url = url
        self._deadline = deadline
        self._gaps = gaps
        self._bytes = 0
        self._count = 0
        self._seen: set[str] = set()

    def pages(self, paths: Sequence[str], progress: Callable[[str], None]) -> list[Answered]:
        """The answers to the configured pages."""
        progress("fetching pages")
        return self._fetch([(urljoin(self._url, path), "page", 0) for path in paths])

    def read(self, reading: "Reading", first: Sequence[Answered], progress: Callable[[str], None]) -> bool:
        """Everything into `reading`, the configured pages `first`; False where not one of them brought an answer."""
        named = self._taken(reading, first)
        if not any(one.fact.status is not None for one in first):
            return False
        sample = self._sitemap(reading)
        rest = self._fetch([(address, "page", 0) for address in sample])
        rest += self._fetch([(urljoin(self._url, NOT_FOUND_PATH), "not-found", 0)])
        named += self._taken(reading, rest)
        for depth in range(1, _DEPTH + 2):
            progress(f"fetching scripts, {depth - 1} imports deep")
            named = self._taken(reading, self._fetch([(address, "script", depth - 1) for address in named]))
        return True

    def probe(self, path: str) -> Answered | None:
        """The answer to a path that nothing may link to; None where the caps or the deadline forbid it."""
        found = self._fetch([(urljoin(self._url, path), "probe", 0)])
        return found[0] if found else None

    def _taken(self, reading: "Reading", answers: Iterable[Answered]) -> list[str]:
        named: dict[str, None] = {}
        for one in answers:
            named.update(dict.fromkeys(reading.add(one.fact, one.body)))
        return list(named)

    def _sitemap(self, reading: "Reading") -> list[str]:
        """At most twenty addresses of the sitemap, the same ones as long as it stays the same."""
        for name in _SITEMAPS:
            answers = self._fetch([(urljoin(self._url, name), "sitemap", 0)])
            listed = self._listed(answers, reading)
            if any(address.endswith(".xml") for address in listed):
                nested = self._fetch([(address, "sitemap", 1) for address in listed[:3]])
                listed = self._listed(nested, reading)
            if listed:
                # the same sample every night, so that two runs can be compared
                return sorted(random.Random(0).sample(listed, min(_SAMPLE, len(listed))))  # noqa: S311
        return []

    def _listed(self, answers: Iterable[Answered], reading: "Reading") -> list[str]:
        found: dict[str, None] = {}
        for one in answers:
            if one.fact.status == 200 and one.body is not None:
                reading.files.append(one.fact)
                texts = (match.decode("utf-8", "replace") for match in _LOCATION.findall(one.body)[:5000])
                found.update(dict.fromkeys(text for text in texts if self._is_own(text)))
        return sorted(found)

    def _is_own(self, address: str) -> bool:
        try:
            return urlsplit(address)[:2] == urlsplit(self._url)[:2]
        except ValueError:
            return False

    def _fetch(self, wanted: Sequence[tuple[str, Role, int]]) -> list[Answered]:
        """The answers in the order asked, without what was asked before."""
        new = [one for one in dict.fromkeys(wanted) if one[0] not in self._seen]
        room = max(0, _MOST_FILES - self._count)
        if len(new) > room:
            self._gaps.add("public", _TOO_MUCH)
            new = new[:room]
        self._seen |= {address for address, _, _ in new}
        self._count += len(new)
        if len(new) == 1:
            return [self._one(*new[0])]
        with ThreadPoolExecutor(_PARALLEL) as pool:
            return list(pool.map(lambda one: self._one(*one), new))

    def _one(self, address: str, role: Role, depth: int) -> Answered:
        if self._bytes > _MOST_BYTES:
            self._gaps.add("public", _TOO_MUCH)
            return self._unanswered(address, role, depth, _TOO_MUCH, complete=False)
        try:
            response = self._followed(address, role)
        except HttpError as error:
            if role not in ("probe", "sitemap"):
                self._gaps.add("public", str(error))
            return self._unanswered(address, role, depth, str(error), complete=error.fault is not Fault.SIZE)
        self._bytes += len(response.body)
        self._hear(f"public:{_path(address)}", response.body)
        if role in ("page", "script") and response.status != 200:
            self._gaps.add("public", _refused(response, role))
        return Answered(_fact(response, _path(address), role, depth), response.body)

    def _unanswered(self, address: str, role: Role, depth: int, reason: str, *, complete: bool) -> Answered:
        fact = Fetched(
            path=_path(address), role=role, depth=depth, status=None, complete=complete, error=short(reason, 300)
        )
        return Answered(fact, None)

    def _followed(self, address: str, role: Role) -> Response:
        """The answer, behind redirects that stay within the origin."""
        for _ in range(_MOST_REDIRECTS):
            response = self._http.get(
                address,
                fresh=True,
                limit_bytes=_LIMITS[role],
                seconds=max(0.1, min(_SECONDS, self._deadline.remaining())),
                headers={"accept": "text/html,*/*;q=0.8"} if role in ("page", "not-found") else {},
            )
            target = response.location
            if target is None or role == "probe" or not self._is_own(target):
                return response
            address = target
        raise HttpError(
            Fault.STATUS, f"'{_path(address)}' redirects more than {_MOST_REDIRECTS} times: correct the server"
        )


def _refused(response: Response, role: Role) -> str:
    where = f", which leads to '{_bare(response.location)}'" if response.location else ""
    what = "the script" if role == "script" else "the page"
    return f"{what} '{_path(response.url)}' answered {response.status}{where}: is the site whole?"


def _fact(response: Response, path: str, role: Role, depth: int) -> Fetched:
    return Fetched(
        path=path,
        role=role,
        depth=depth,
        status=response.status,
        location=None if response.location is None else _bare(response.location),
        content_type=short(printable(response.headers.get("content-type") or ""), 100) or None,
        size=len(response.body),
        sha256=hashlib.sha256(response.body).hexdigest(),
    )


def _bare(address: str) -> str:
    return short(printable(re.split(r"[?#]", address)[0]), 300)


def _path(address: str) -> str:
    parts = urlsplit(address)
    return short(printable(f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"), 500)
