"""The links to a new-issue form that pages and scripts build, and the values that stand under the variables' names."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tree_sitter import Node

from auditor.extraction.address import FormAddress, OpenAddress, parse_form
from auditor.extraction.flow import Contexts, climbed, is_opened, uses
from auditor.extraction.fold import Folder, Frame
from auditor.extraction.html import Attribute, Page
from auditor.extraction.script import Module
from auditor.extraction.syntax import child_of
from auditor.extraction.term import Terms
from auditor.extraction.value import Hole, Items, Plain, Record, Text, Url, Values, literal, text_of
from auditor.model.facts.site import IssueLink, OpenLink, Part, Place, SiteValue, Tier
from auditor.text import printable, short

_SEED = b"issues"
_MOST_SEEDS = 200
_DEEPEST = 4
_LONGEST = 200


@dataclass(frozen=True)
class Found:
    """What one text gave: links, or a link that stays open."""

    links: tuple[IssueLink, ...] = ()
    open_link: OpenLink | None = None


def shown(text: str) -> str:
    """A piece of what is served, harmless and cut."""
    return short(printable(" ".join(text.split())), _LONGEST)


def issue_link(form: FormAddress, place: Place, tier: Tier, *, certain: bool = True, named: bool = False) -> IssueLink:
    """The fact of an address that was taken apart."""
    return IssueLink(
        base=shown(form.base),
        owner=shown(form.owner),
        repo=shown(form.repo),
        tier=tier,
        place=place,
        certain=certain,
        named=named,
        parameters=tuple(shown(name) for name in form.parameters[:20]),
        title_length=form.title_length,
        body_length=form.body_length,
        encoded_bytes=form.encoded_bytes,
        fault=form.fault,
    )


def attribute_links(page: Page, terms: Terms) -> Iterator[IssueLink]:
    """The links that stand in attributes as they are."""
    for one in page.attributes:
        query = "&".join(f"{name}={value}" for name, value in one.inputs)
        text = f"{one.value}?{query}" if query and "?" not in one.value else one.value
        form = parse_form(literal(text), terms.base)
        if isinstance(form, FormAddress):
            place = Place(path=page.path, element=one.element, expression=shown(one.value.partition("?")[0]))
            yield issue_link(form, place, "attribute", named=one.named)


def attribute_values(page: Page, terms: Terms) -> Iterator[SiteValue]:
    """The values of attributes and metas that carry a variable's name."""
    for one in page.attributes:
        part = terms.part_of(one.name)
        if part is not None:
            yield _attribute_value(page, one, part)


def _attribute_value(page: Page, one: Attribute, part: Part) -> SiteValue:
    place = Place(path=page.path, element=one.element, expression=shown(f'{one.name}="{one.value}"'))
    return SiteValue(part=part, value=shown(one.value), tier="attribute", place=place)


class Seeker:
    """Looks for links and values in the scripts of one site; `loaded_by` tells the pages that load a module's path."""

    def __init__(
        self,
        modules: dict[str, Module],
        pages: Sequence[Page],
        loaded_by: Callable[[str], Sequence[Page]],
        terms: Terms,
    ) -> None:
        self._folder = Folder(modules, terms.site)
        self._loaded_by = loaded_by
        self._terms = terms
        self._contexts = Contexts(self._folder, _island_records(pages))

    def links(self, module: Module) -> Iterator[Found]:
        """What each string that speaks of issues comes to."""
        done: set[tuple[int, int]] = set()
        for count, match in enumerate(re.finditer(_SEED, module.source)):
            node = module.node_at(match.start(), match.end())
            if count > _MOST_SEEDS:
                return
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
        found = self._judged(module, node)
        if found is not None and found.links:
            return found
        further = [self._from(module, climbed(module, use), done, depth + 1) for use in uses(module, node)]
        links = tuple(link for one in further if one is not None for link in one.links)
        if links:
            return Found(links)
        return next((one for one in further if one is not None and one.open_link is not None), found)

    def _judged(self, module: Module, node: Node) -> Found | None:
        """The best reading of an expression: without holes, by the calls that lead to it, by what the page holds."""
        plain = Frame(module)
        first = self._forms(node, plain)
        if first is None or not _is_open(first):
            return self._found(module, node, [] if first is None else [first])
        frames = [*self._contexts.frames(module, node, plain)]
        for page in self._loaded_by(module.path):
            looked = replace(plain, lookup=_lookup(page))
            frames += [looked, *self._contexts.frames(module, node, looked)]
        readings = [forms for frame in frames if (forms := self._forms(node, frame)) is not None]
        closed = [forms for forms in readings if not _is_open(forms)]
        return self._found(module, node, closed or [first])

    def _forms(self, node: Node, frame: Frame) -> list[FormAddress | OpenAddress] | None:
        values = self._folder.values(node, frame)
        parsed = [parse_form(text_of(value), self._terms.base) for value in values]
        known = list(dict.fromkeys(one for one in parsed if one is not None))
        return known or None

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
        if links:
            return Found(tuple(dict.fromkeys(links)))
        first = readings[0][0]
        text = first.shown if isinstance(first, OpenAddress) else f"/{first.owner}/{first.repo}/issues/new"
        return Found(open_link=OpenLink(known=shown(text), place=place))

    def values(self, module: Module) -> Iterator[SiteValue]:
        """The values that declarations, keys and assignments give to the variables' names."""
        for match in self._terms.pattern.finditer(module.source):
            node = module.node_at(match.start(), match.end())
            bound = None if node is None else _bound(node)
            part = None if node is None else self._terms.part_of(module.text(node).strip("'\""))
            if bound is not None and part is not None:
                yield from self._named(module, bound, part)

    def _named(self, module: Module, value: Node, part: Part) -> Iterator[SiteValue]:
        self._folder.steps = 0
        texts = [_known(one) for one in self._folder.values(value, Frame(module))]
        if not texts or None in texts:
            return
        certain = len(set(texts)) == 1
        above = value.parent or value
        for text in dict.fromkeys(text for text in texts if text is not None):
            place = place_in(module, above)
            yield SiteValue(part=part, value=shown(text), tier="folded", place=place, certain=certain)


def json_values(page: Page, terms: Terms) -> Iterator[SiteValue]:
    """The values under the variables' names in the page's JSON: data blocks and the properties of islands."""
    from auditor.extraction.method import parsed_json

    for text in page.json_texts:
        yield from _named_in(parsed_json(text), page, terms, "script[type=json]", 0)
    for _, properties in page.islands:
        yield from _named_in(record_of(properties), page, terms, "astro-island[props]", 0)


def _named_in(value: Any, page: Page, terms: Terms, element: str, depth: int) -> Iterator[SiteValue]:
    if isinstance(value, Items) and depth < 16:
        for item in value.items:
            yield from _named_in(item[0], page, terms, element, depth + 1)
    for key, values in value.fields.items() if isinstance(value, Record) and depth < 16 else ():
        part = terms.part_of(key)
        text = _known(values[0])
        if part is not None and text is not None:
            place = Place(path=page.path, element=element, expression=shown(f'"{key}": "{text}"'))
            yield SiteValue(part=part, value=shown(text), tier="attribute", place=place)
        yield from _named_in(values[0], page, terms, element, depth + 1)


def json_links(page: Page, terms: Terms) -> Iterator[IssueLink]:
    """The links that stand as they are in the page's JSON."""
    from auditor.extraction.method import parsed_json

    sources = [(parsed_json(text), "script[type=json]") for text in page.json_texts]
    sources += [(record_of(properties), "astro-island[props]") for _, properties in page.islands]
    for value, element in sources:
        for text in _texts(value, 0):
            form = parse_form(literal(text), terms.base)
            if isinstance(form, FormAddress) and form.base:
                yield issue_link(form, Place(path=page.path, element=element, expression=shown(text)), "attribute")


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, Text) and value.known is not None and "issues/new" in value.known:
        yield value.known
    nested = value.fields.values() if isinstance(value, Record) else value.items if isinstance(value, Items) else ()
    for values in nested if depth < 16 else ():
        yield from _texts(values[0], depth + 1)


def record_of(properties: dict[str, Any]) -> Record:
    """The properties of an island as a value."""
    import json

    from auditor.extraction.method import parsed_json

    value = parsed_json(json.dumps(properties))
    return value if isinstance(value, Record) else Record({}, whole=False)


def place_in(module: Module, node: Node) -> Place:
    """Where a node stands."""
    row, column = node.start_point
    return Place(
        path=module.path.partition("#")[0],
        line=row + 1 + module.shift,
        column=column + 1,
        expression=shown(module.text(node)[: 4 * _LONGEST]),
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


def _known(value: Any) -> str | None:
    if isinstance(value, Plain):
        return value.text if value.text == "undefined" else None
    return text_of(value).known if isinstance(value, (Text, Url)) else None


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


__all__ = ["Found", "Hole", "Seeker", "Values", "attribute_links", "attribute_values", "json_links", "json_values"]
