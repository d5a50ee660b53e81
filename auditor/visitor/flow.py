"""The way of a visitor on a page: Proposer, then each choice that it offers, until something would be opened."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from auditor.transports.browser.tab import Element
from auditor.transports.browser.traffic import Opened

_MOST_STARTS = 3
_MOST_TRAILS = 16
_DEEPEST = 5
_LEAVES = re.compile(r"(?:annuler|fermer|retour|cancel|close|back|non merci|[x×✕✖])", re.IGNORECASE)
_CHOSEN = ("radio", "option")


class Tab(Protocol):
    """What a browser's tab can do."""

    @property
    def opened(self) -> tuple[Opened, ...]: ...
    @property
    def blocked(self) -> tuple[str, ...]: ...
    @property
    def address(self) -> str: ...
    def load(self, url: str) -> None: ...
    def elements(self) -> tuple[Element, ...]: ...
    def press(self, element: Element) -> bool: ...
    def press_selector(self, selector: str) -> bool: ...


@dataclass(frozen=True)
class Trail:
    """What was pressed in turn, and what that would have opened; the tab still shows its end when it is given."""

    steps: tuple[str, ...]
    opened: tuple[Opened, ...]
    blocked: tuple[str, ...]


def follow(tab: Tab, url: str, flow: Sequence[str], expired: Callable[[], bool]) -> Iterator[Trail]:
    """Each way through a page; `flow` are the texts or selectors of the one way that is configured."""
    if flow:
        yield _configured(tab, url, flow)
    else:
        yield from _Search(tab, url, expired).trails()


def _configured(tab: Tab, url: str, flow: Sequence[str]) -> Trail:
    tab.load(url)
    steps: list[str] = []
    for step in flow:
        element = _found(tab.elements(), step)
        if not (tab.press_selector(step) if element is None else tab.press(element)):
            break
        steps.append(step)
    return _trail(tab, steps)


def _found(elements: Sequence[Element], step: str) -> Element | None:
    """The element whose text is the step, else the first that holds it."""
    wanted = step.casefold()
    whole = [one for one in elements if one.text.casefold() == wanted]
    return next(iter((*whole, *(one for one in elements if wanted in one.text.casefold()))), None)


def _trail(tab: Tab, steps: Sequence[str]) -> Trail:
    return Trail(tuple(steps), tab.opened, tab.blocked)


@dataclass
class _Search:
    """Tries every choice once; a page that offers more than can be tried is left."""

    tab: Tab
    url: str
    expired: Callable[[], bool]
    count: int = 0

    def trails(self) -> Iterator[Trail]:
        self.tab.load(self.url)
        if self.tab.opened:
            yield self._ended(())
        starts = [one for one in self.tab.elements() if one.named and one.kind not in _CHOSEN][:_MOST_STARTS]
        for number, start in enumerate(starts):
            if number or self.tab.opened:
                self.tab.load(self.url)
            yield from self._after((), start, ())

    def _after(self, path: tuple[Element, ...], element: Element, offered: Sequence[Element]) -> Iterator[Trail]:
        """The trails behind one press; `offered` is what else could be pressed before it."""
        before, here = self.tab.elements(), self.tab.address
        if self.expired() or self.count >= _MOST_TRAILS or not self.tab.press(element):
            return
        path = (*path, element)
        if self.tab.opened or len(path) >= _DEEPEST:
            yield self._ended(path)
            return
        moved = self.tab.address != here
        pending = self._pending(path, () if moved else before, offered, moved=moved)
        if not pending:
            yield self._ended(path)
        for number, choice in enumerate(_next(pending)):
            if number:
                self._again(path)
            yield from self._after(path, choice, pending)

    def _pending(
        self, path: Sequence[Element], before: Sequence[Element], offered: Sequence[Element], *, moved: bool
    ) -> list[Element]:
        """What a press has brought, with what it left to be chosen and sent; else what was offered beside it."""
        done = {one.group for one in path if one.group}
        now = [one for one in self.tab.elements() if one not in path and not _LEAVES.fullmatch(one.text)]
        new = [one for one in now if one not in before]
        if moved:
            new = [one for one in new if one.named] or [one for one in new if one.kind != "link"]
        left = [one for one in offered if one in now and (not new or one.group or one.kind == "submit")]
        return [one for one in dict.fromkeys((*new, *left)) if one.group not in done]

    def _again(self, path: Sequence[Element]) -> None:
        self.tab.load(self.url)
        for element in path:
            self.tab.press(element)

    def _ended(self, path: Sequence[Element]) -> Trail:
        self.count += 1
        return _trail(self.tab, [one.text for one in path])


def _next(pending: Sequence[Element]) -> list[Element]:
    """What is pressed next: the members of the first group of which none is chosen yet, else everything."""
    group = next((one.group for one in pending if one.group), None)
    return [one for one in pending if group is None or one.group == group]
