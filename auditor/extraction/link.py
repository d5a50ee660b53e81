"""The links to a new-issue form in a page's attributes and data, and the values under the variables' names there."""

import re
from collections.abc import Iterator
from typing import Any

from auditor.extraction.address import FormAddress, is_template, parse_form
from auditor.extraction.html import Attribute, Page
from auditor.extraction.term import Terms
from auditor.extraction.value import Items, Plain, Record, Text, Url, literal, text_of
from auditor.model.facts.site import IssueLink, Part, Place, SiteValue, Tier
from auditor.text import printable, short

LONGEST = 200
_CREDENTIALS = re.compile(r"://[^/@\s]{1,200}@")
_DEEPEST_DATA = 16


def shown(text: str) -> str:
    """A piece of what is served, harmless and cut."""
    return short(printable(_CREDENTIALS.sub("://…@", " ".join(text.split()))), LONGEST)


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
        if isinstance(form, FormAddress) and _is_address(one, form, terms):
            place = Place(path=page.path, element=one.element, expression=shown(one.value.partition("?")[0]))
            yield issue_link(form, place, "attribute", named=one.named)


def _is_address(attribute: Attribute, form: FormAddress, terms: Terms) -> bool:
    """Whether an attribute is a link as it stands; in any but `href` a pattern may wait to be filled in."""
    waits = attribute.name not in ("href", "action", "formaction") and is_template(attribute.value.partition("?")[0])
    return not waits and not terms.is_own_page(form)


def attribute_values(page: Page, terms: Terms) -> Iterator[SiteValue]:
    """The values of attributes and metas that carry a variable's name."""
    for one in page.attributes:
        part = terms.part_of(one.name)
        if part is not None:
            yield _attribute_value(page, one, part)


def _attribute_value(page: Page, one: Attribute, part: Part) -> SiteValue:
    place = Place(path=page.path, element=one.element, expression=shown(f'{one.name}="{one.value}"'))
    return SiteValue(part=part, value=shown(one.value), tier="attribute", place=place)


def json_values(page: Page, terms: Terms) -> Iterator[SiteValue]:
    """The values under the variables' names in the page's JSON: data blocks and the properties of islands."""
    from auditor.extraction.method import parsed_json

    for text in page.json_texts:
        yield from _named_in(parsed_json(text), page, terms, "script[type=json]", 0)
    for _, properties in page.islands:
        yield from _named_in(record_of(properties), page, terms, "astro-island[props]", 0)


def _named_in(value: Any, page: Page, terms: Terms, element: str, depth: int) -> Iterator[SiteValue]:
    if isinstance(value, Items) and depth < _DEEPEST_DATA:
        for item in value.items:
            yield from _named_in(item[0], page, terms, element, depth + 1)
    for key, values in value.fields.items() if isinstance(value, Record) and depth < _DEEPEST_DATA else ():
        part = terms.part_of(key)
        text = known_text(values[0])
        if part is not None and text is not None and terms.may_be(part, text):
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
            if isinstance(form, FormAddress) and form.base and not is_template(text.partition("?")[0]):
                yield issue_link(form, Place(path=page.path, element=element, expression=shown(text)), "attribute")


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, Text) and value.known is not None and "issues/new" in value.known:
        yield value.known
    nested = value.fields.values() if isinstance(value, Record) else value.items if isinstance(value, Items) else ()
    for values in nested if depth < _DEEPEST_DATA else ():
        yield from _texts(values[0], depth + 1)


def record_of(properties: dict[str, Any]) -> Record:
    """The properties of an island as a value."""
    import json

    from auditor.extraction.method import parsed_json

    value = parsed_json(json.dumps(properties))
    return value if isinstance(value, Record) else Record({}, whole=False)


def known_text(value: Any) -> str | None:
    """The text of a value that is known; `undefined` counts as one."""
    if isinstance(value, Plain):
        return value.text if value.text == "undefined" else None
    return text_of(value).known if isinstance(value, (Text, Url)) else None
