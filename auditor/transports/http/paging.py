"""Lists that come in pages, read to their end; what keeps a list from being whole is an error, never a shorter list."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from auditor.transports.http.answer import JsonResponse
from auditor.transports.http.fault import Fault, HttpError

_LINK = re.compile(r"<([^<>]*)>([^<>]*)")
_NEXT = re.compile(r'rel="?next\b')
_PAGE = re.compile(r"[?&]page=(\d{1,9})(?:&|$)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page; `items` without those that an earlier page held already (a list may shift while it is read)."""

    number: int
    items: tuple[Any, ...] = field(repr=False)
    total: int | None
    answer: JsonResponse = field(repr=False)


def walk_pages(ask: Callable[[int], JsonResponse], *, key: str | None, most_pages: int) -> Iterator[Page]:
    """Every page, from the first on. `key` names the list where it stands within an object.

    The list goes on while its total (X-Total-Count, or the object's total_count) is not reached, or Link names a next
    page, or, with neither, until a page is empty; its length says nothing, because servers clamp what was asked for.
    Raises AnswerError for a status other than 2xx, HttpError for pages that repeat, end early, shrink or never end.
    """
    seen: set[bytes] = set()
    count, total = 0, None
    for number in range(1, most_pages + 1):
        answer = ask(number)
        found, told = _items(answer, key), _total(answer, key)
        if total is not None and told is not None and told < total:
            raise _fault(answer, f"shrank from {total} to {told} entries while it was read: audit again")
        total, count = told if told is not None else total, count + len(found)
        fresh = _unseen(found, seen)
        if found and not fresh:
            raise _fault(answer, f"repeats itself on page {number}: is a cache in between?")
        yield Page(number=number, items=fresh, total=total, answer=answer)
        goes_on = _goes_on(answer, number, count, total)
        if goes_on is False or (goes_on is None and not found):
            return
        if goes_on and not found:
            raise _fault(answer, f"promised more and ended after {count} entries: audit again")
    raise _fault(answer, f"has more than {most_pages} pages: is the answer right?")


def _goes_on(answer: JsonResponse, number: int, count: int, total: int | None) -> bool | None:
    """Whether the server says that there is another page; None if it says nothing."""
    links = ", ".join(answer.headers.all("link"))
    linked = _next_number(links)
    if linked is not None and linked != number + 1:
        raise _fault(answer, f"names {linked} as the page after {number}: is a cache in between?")
    if linked is None and total is None:
        return False if links else None
    return linked is not None or (total is not None and count < total)


def _next_number(links: str) -> int | None:
    """The page that Link names as the next; its host is the server's idea of itself, and never asked."""
    for url, parameters in _LINK.findall(links):
        if _NEXT.search(parameters) and (found := _PAGE.search(url)):
            return int(found[1])
    return None


def _items(answer: JsonResponse, key: str | None) -> list[Any]:
    value = answer.value
    if key is not None:
        if not isinstance(value, dict) or key not in value:
            raise _fault(answer, f"has no '{key}': is this version supported?")
        value = value[key]
    if value is None:  # so Go writes an empty list
        return []
    if not isinstance(value, list):
        raise _fault(answer, "is no list: is it the right address?")
    return value


def _total(answer: JsonResponse, key: str | None) -> int | None:
    text = answer.headers.get("x-total-count")
    if text is not None and re.fullmatch(r"\d{1,12}", text, re.ASCII):
        return int(text)
    value = answer.content.get("total_count") if key is not None and isinstance(answer.content, dict) else None
    return value if type(value) is int and value >= 0 else None


def _unseen(items: list[Any], seen: set[bytes]) -> tuple[Any, ...]:
    digests = [hashlib.sha256(json.dumps(item, sort_keys=True).encode()).digest() for item in items]
    fresh = tuple(item for item, digest in zip(items, digests, strict=True) if digest not in seen)
    seen.update(digests)
    return fresh


def _fault(answer: JsonResponse, text: str) -> HttpError:
    return HttpError(Fault.PAGING, f"the list {answer.response.address.shown} {text}")
