"""The links to a new-issue form that scripts build, and the values that they give to the variables' names."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tree_sitter import Node

from auditor.extraction.address import FormAddress, OpenAddress, is_template, parse_form
from auditor.extraction.calling import Contexts
from auditor.extraction.flow import climbed, conditions, is_changed, is_idle, is_opened, is_set, uses
from auditor.extraction.fold import Folder, Frame
from auditor.extraction.html import Page
from auditor.extraction.link import LONGEST, issue_link, known_text, record_of, shown
from auditor.extraction.method import truth
from auditor.extraction.script import Module
from auditor.extraction.syntax import child_of
from auditor.extraction.term import Terms
from auditor.extraction.value import Record, Value, is_unknown, text_of
from auditor.model.facts.site import IssueLink, OpenLink, Part, Place, SiteValue

_SEED = b"issues"
_MOST_SEEDS = 200
_DEEPEST = 4


@dataclass(frozen=True)
class Found:
    """What one text gave: links, or a link that stays open."""

    links: tuple[IssueLink, ...] = ()
    open_link: OpenLink | None = None


class Seeker:
    """Looks for links and values in the scripts of one site; `loaded_by` tells the pages that load a module's path.

    Once `expired`, it looks no further; who asks must know of it.
    """

    def __init__(
        self,
        modules: dict[str, Module],
        pages: Sequence[Page],
        loaded_by: Callable[[str], Sequence[Page]],
        terms: Terms,
        expired: Callable[[], bool],
    ) -> None:
        self._folder = Folder(modules, terms.site)
        self._loaded_by = loaded_by
        self._terms = terms
        self._expired = expired
        self._contexts = Contexts(self._folder, _island_records(pages))

    def links(self, module: Module) -> Iterator[Found]:
        """What each string that speaks of issues comes to."""
        done: set[tuple[int, int]] = set()
        for count, match in enumerate(re.finditer(_SEED, module.source)):
            if count > _MOST_SEEDS or self._expired():
                return
            node = module.node_at(match.start(), match.end())
            if node is not None and node.type in ("string_fragment", "string", "template_string"):
                found = self._from(module, climbed(module, node), done, 0)
                if found is not None:
                    yield found

    def _from(self, module: Module, node: Node, done: set[tuple[int, int]], depth: int) -> Found | None:
        place = node.start_byte, node.end_byte
        if place in done or depth > _DEEPEST:
            return None
        done.add(place)
        self._folder.steps = 0
        found = None if is_idle(module, node) or self._is_dead(module, node) else self._judged(module, node)
        following = [*uses(module, node)]
        if found is not None and found.links:
            if not any(is_changed(use) for use in following):
                return found
            found = Found(open_link=OpenLink(known=_shown(found.links[0]), place=found.links[0].place))
        further = [self._from(module, climbed(module, use), done, depth + 1) for use in following if not is_set(use)]
        links = tuple(link for one in further if one is not None for link in one.links)
        opened = next((one.open_link for one in further if one is not None and one.open_link is not None), None)
        return Found(links, opened) if links or opened is not None else found

    def _is_dead(self, module: Module, node: Node) -> bool:
        """Whether a condition that is known keeps an expression from ever being reached."""
        for condition, wanted in conditions(node):
            values = self._folder.values(condition, Frame(module))
            if len(values) == 1 and truth(values[0]) is (not wanted):
                return True
        return False

    def _judged(self, module: Module, node: Node) -> Found | None:
        """The best reading of an expression: without holes, by the calls that lead to it, by what the page holds."""
        first = self._forms(node, Frame(module))
        if first is None or not _is_open(first):
            return self._found(module, node, [] if first is None else [first])
        return self._found(module, node, [*self._readings(module, node)])

    def _readings(self, module: Module, node: Node) -> Iterator[list[FormAddress | OpenAddress]]:
        """Those of each call that leads here: without holes on every page where there is one, else the first."""
        plain = Frame(module)
        lookups = [plain.lookup, *map(_lookup, self._loaded_by(module.path))]
        for frame in [*self._contexts.frames(module, node, plain)] or [plain]:
            found = [self._forms(node, replace(frame, lookup=lookup)) for lookup in lookups]
            known = [forms for forms in found if forms is not None]
            yield from [forms for forms in known if not _is_open(forms)] or known[:1]

    def _forms(self, node: Node, frame: Frame) -> list[FormAddress | OpenAddress] | None:
        """The addresses among the values of an expression; beside one, a value of which nothing is known is open."""
        values = self._folder.values(node, frame)
        known = list(dict.fromkeys(form for value in values if (form := self._form(value)) is not None))
        if known and any(is_unknown(value) for value in values):
            known.append(OpenAddress("{…}"))
        return known or None

    def _form(self, value: Value) -> FormAddress | OpenAddress | None:
        form = parse_form(text_of(value), self._terms.base)
        if not isinstance(form, FormAddress) or not is_template(f"{form.base}/{form.owner}/{form.repo}"):
            return None if isinstance(form, FormAddress) and self._terms.is_own_page(form) else form
        # without a server it is a route of the site's own
        return OpenAddress(f"{form.base}/{form.owner}/{form.repo}/issues/new") if form.base else None

    def _found(self, module: Module, node: Node, readings: Sequence[list[FormAddress | OpenAddress]]) -> Found | None:
        if not readings:
            return None
        place = place_in(module, node)
        opened = is_opened(module, node)
        links = tuple(
            issue_link(form, place, "folded", certain=len(forms) == 1)
            for forms in readings
            for form in forms
            if isinstance(form, FormAddress) and (form.base or opened)
        )
        left = [form for forms in readings for form in forms if isinstance(form, OpenAddress)]
        if links and not left:
            return Found(tuple(dict.fromkeys(links)))
        first = left[0] if left else readings[0][0]
        text = first.shown if isinstance(first, OpenAddress) else f"/{first.owner}/{first.repo}/issues/new"
        return Found(tuple(dict.fromkeys(links)), OpenLink(known=shown(text), place=place))

    def values(self, module: Module) -> Iterator[SiteValue]:
        """The values that declarations, keys and assignments give to the variables' names."""
        for match in self._terms.pattern.finditer(module.source):
            if self._expired():
                return
            node = module.node_at(match.start(), match.end())
            bound = None if node is None else _bound(node)
            part = None if node is None else self._terms.part_of(module.text(node).strip("'\""))
            if bound is not None and part is not None:
                yield from self._named(module, bound, part)

    def _named(self, module: Module, value: Node, part: Part) -> Iterator[SiteValue]:
        self._folder.steps = 0
        texts = [known_text(one) for one in self._folder.values(value, Frame(module))]
        if not texts or not all(text is not None and self._terms.may_be(part, text) for text in texts):
            return
        certain = len(set(texts)) == 1
        above = value.parent or value
        for text in dict.fromkeys(text for text in texts if text is not None):
            place = place_in(module, above)
            yield SiteValue(part=part, value=shown(text), tier="folded", place=place, certain=certain)


def place_in(module: Module, node: Node) -> Place:
    """Where a node stands."""
    row, column = node.start_point
    return Place(
        path=module.path.partition("#")[0],
        line=row + 1 + module.shift,
        column=column + 1,
        expression=shown(module.text(node)[: 4 * LONGEST]),
    )


def _bound(name: Node) -> Node | None:
    """The value that a declaration, a key or an assignment gives to the name at this node."""
    node = name.parent if name.type == "string_fragment" and name.parent is not None else name
    above = node.parent
    if above is None:
        return None
    if above.type == "variable_declarator" and child_of(above, "name") == node:
        return child_of(above, "value")
    if above.type == "pair" and child_of(above, "key") == node:
        return child_of(above, "value")
    if above.type == "member_expression" and child_of(above, "property") == node and above.parent is not None:
        node, above = above, above.parent
    if above.type == "assignment_expression" and child_of(above, "left") == node:
        return child_of(above, "right")
    return None


def _shown(link: IssueLink) -> str:
    return f"{link.base}/{link.owner}/{link.repo}/issues/new"


def _is_open(forms: Sequence[FormAddress | OpenAddress]) -> bool:
    return any(isinstance(form, OpenAddress) for form in forms)


def _lookup(page: Page) -> Any:
    return lambda name: page.data.get(name, ())


def _island_records(pages: Sequence[Page]) -> dict[str, list[Record]]:
    known: dict[str, list[Record]] = {}
    for page in pages:
        for path, properties in page.islands:
            known.setdefault(path, []).append(record_of(properties))
    return known
