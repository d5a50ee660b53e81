"""A page as an HTML parser reads it: its links, named attributes, scripts and islands. Nothing in it is run."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

# the parser's time grows with the square of the depth
DEEPEST = 4_000
_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
# elements that are never closed, or close themselves
_FLAT = frozenset(
    b"area base br col embed hr img input link meta param source track wbr p li dt dd option tr td th thead tbody "
    b"tfoot path circle rect line polygon polyline ellipse use stop".split()
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([a-zA-Z0-9_.:-]{1,40})", re.IGNORECASE)
_SCRIPT_TYPES = ("", "module", "text/javascript", "application/javascript", "text/ecmascript")
_JSON_TYPES = ("application/json", "application/ld+json", "importmap", "speculationrules")
PROPOSE = re.compile(r"propos", re.IGNORECASE)
_MOST_ELEMENTS = 100_000


class DeepError(ValueError):
    """A page that is nested too deep to be parsed in time."""


@dataclass(frozen=True)
class Attribute:
    """An attribute of an element; `named` says that the element speaks of proposing something."""

    tag: str
    name: str
    value: str
    named: bool = False
    inputs: tuple[tuple[str, str], ...] = ()

    @property
    def element(self) -> str:
        """How a place names it."""
        return f"{self.tag}[{self.name}]"


@dataclass(frozen=True)
class Inline:
    """A script that stands in the page; `line` is the one before its first."""

    text: str
    line: int
    module: bool


@dataclass(frozen=True)
class Page:
    """What a page holds. Addresses are absolute; `data` are all data attributes and metas, by name (`meta:NAME`).

    `islands` are a component's address and its properties, as JSON text. `proposes` says that its text speaks of it.
    """

    path: str
    attributes: tuple[Attribute, ...] = ()
    data: dict[str, tuple[str, ...]] = field(default_factory=dict)
    inline: tuple[Inline, ...] = ()
    scripts: tuple[str, ...] = ()
    islands: tuple[tuple[str, dict[str, Any]], ...] = ()
    json_texts: tuple[str, ...] = ()
    proposes: bool = False


def decoded(body: bytes, content_type: str | None) -> str:
    """The text of a body: by its byte order mark, the header's charset, the one that it names itself, else UTF-8."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    named = _CHARSET.search((content_type or "").encode("utf-8", "replace")) or _CHARSET.search(body[:1024])
    name = named[1].decode() if named else "utf-8"
    # the label latin1 means windows-1252 (https://encoding.spec.whatwg.org/#names-and-labels)
    name = {"iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252"}.get(name.lower(), name)
    try:
        return body.decode(name, "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def parse_page(path: str, address: str, body: bytes, content_type: str | None) -> Page:
    """The page at `address`; raises DeepError where its nesting would take too long."""
    from selectolax.lexbor import LexborHTMLParser

    if _depth(body) > DEEPEST:
        raise DeepError(f"'{path}' is nested deeper than {DEEPEST} elements")
    text = decoded(body, content_type)
    tree = LexborHTMLParser(text)
    base = _base(tree, address)
    scripts, inline, texts = _scripts(tree, base, text)
    preloads = [
        _attribute(node, "href") for node in tree.css("link[rel~=modulepreload], link[rel~=preload][as=script]")
    ]
    islands = tuple(_islands(tree, base))
    renderers = [_attribute(node, "renderer-url") for node in tree.css("astro-island[renderer-url]")]
    found = [*scripts, *_joined(base, preloads), *(url for url, _ in islands), *_joined(base, renderers)]
    attributes, data = _attributes(tree, base, foreign=urlsplit(base)[:2] != urlsplit(address)[:2])
    return Page(
        path=path,
        attributes=attributes,
        data=data,
        inline=inline,
        scripts=tuple(dict.fromkeys(found)),
        islands=islands,
        json_texts=texts,
        proposes=PROPOSE.search(text) is not None,
    )


def _depth(body: bytes) -> int:
    depth = deepest = 0
    for close, name in _TAG.findall(body):
        if name.lower() not in _FLAT:
            depth = max(0, depth - 1) if close else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _attribute(node: Any, name: str) -> str:
    return str(node.attributes.get(name) or "")


def _joined(base: str, references: list[str]) -> Iterator[str]:
    for reference in references:
        if reference.strip():
            try:
                yield urljoin(base, reference.strip())
            except ValueError:
                continue


def _base(tree: Any, address: str) -> str:
    first = tree.css_first("base[href]")
    return next(_joined(address, [_attribute(first, "href")]), address) if first is not None else address


def _scripts(tree: Any, base: str, text: str) -> tuple[list[str], tuple[Inline, ...], tuple[str, ...]]:
    outside: list[str] = []
    inline: list[Inline] = []
    texts: list[str] = []
    at = 0
    for node in tree.css("script"):
        kind = _attribute(node, "type").strip().lower()
        if kind in _SCRIPT_TYPES and "src" in node.attributes:
            outside += _joined(base, [_attribute(node, "src")])
            continue
        content = node.text(deep=True)
        if kind in _SCRIPT_TYPES and content.strip():
            found = text.find(content, at)
            at = max(at, found)
            inline.append(Inline(content, text.count("\n", 0, max(found, 0)), kind == "module"))
        elif kind in _JSON_TYPES:
            texts.append(content)
    return outside, (*inline, *_handlers(tree, text)), tuple(texts)


def _handlers(tree: Any, text: str) -> Iterator[Inline]:
    """What is run when an element is pressed or sent (`onclick`, `javascript:`), where it speaks of issues."""
    for node in tree.css("[onclick], [onsubmit], [onchange], a[href^='javascript:']"):
        for name in ("onclick", "onsubmit", "onchange", "href"):
            code = _attribute(node, name)
            if "issues" in code and (name != "href" or code.startswith("javascript:")):
                found = text.find(code)
                yield Inline(code.removeprefix("javascript:"), text.count("\n", 0, max(found, 0)), module=False)


def _islands(tree: Any, base: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for node in tree.css("astro-island[component-url]"):
        url = next(_joined(base, [_attribute(node, "component-url")]), None)
        if url is not None:
            yield url, _properties(_attribute(node, "props"))


def _properties(text: str) -> dict[str, Any]:
    """The properties of an island; Astro writes each value as `[kind, value]` (astro/runtime/server/serialize)."""
    try:
        raw = json.loads(text[:1_000_000])
    except (ValueError, RecursionError):
        return {}
    if not isinstance(raw, dict):
        return {}
    # `[0]` is undefined, which JSON lacks
    return {str(key): _plain(value, 0) for key, value in raw.items() if value != [0]}


def _plain(value: Any, depth: int) -> Any:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], int) and depth < 16:
        return _plain(value[1], depth + 1)
    if isinstance(value, dict) and depth < 16:
        return {str(key): _plain(item, depth + 1) for key, item in value.items()}
    return value


def _attributes(tree: Any, base: str, *, foreign: bool) -> tuple[tuple[Attribute, ...], dict[str, tuple[str, ...]]]:
    """The attributes that may hold an address or a value, and all data attributes and metas by name."""
    found: list[Attribute] = []
    data: dict[str, dict[str, None]] = {}
    for count, node in enumerate(tree.css("*")):
        if count > _MOST_ELEMENTS:
            raise DeepError(f"more than {_MOST_ELEMENTS} elements")
        attributes = node.attributes
        for one in _of_element(node, attributes, base, foreign=foreign) if attributes else ():
            found.append(one)
            name = f"meta:{one.name}" if one.tag == "meta" else one.name
            data.setdefault(name, {})[one.value] = None
    return tuple(found), {name: tuple(values) for name, values in data.items()}


def _of_element(node: Any, attributes: dict[str, str | None], base: str, *, foreign: bool) -> Iterator[Attribute]:
    tag = node.tag or ""
    if tag == "meta":
        name = attributes.get("name") or attributes.get("property")
        if name and "content" in attributes:
            yield Attribute(tag, str(name), attributes["content"] or "")
        return
    if tag in ("script", "astro-island", "link"):
        return
    for name, value in attributes.items():
        text = value or ""
        if name == "href" or (name == "action" and tag == "form"):
            if "issues" in text:
                inputs = tuple(_inputs(node)) if tag == "form" else ()
                address = _with_server(text.strip(), base, foreign=foreign)
                yield Attribute(tag, name, address, _is_named(node, attributes), inputs)
        elif name.startswith("data-") or "issues/new" in text:
            yield Attribute(tag, name, text, _is_named(node, attributes))


def _is_named(node: Any, attributes: dict[str, str | None]) -> bool:
    words = " ".join((*attributes, *(value or "" for name, value in attributes.items() if name in _NAMING)))
    # the text of a large element is a copy of half the page
    said = node.text(deep=True)[:200] if node.tag in ("a", "button", "form") else ""
    return bool(PROPOSE.search(words) or PROPOSE.search(said))


def _with_server(text: str, base: str, *, foreign: bool) -> str:
    """`//host/path` with the page's scheme, and whatever a `base` of another origin completes.

    Any other address stays as it is written, so that what is missing shows.
    """
    return next(_joined(base, [text]), text) if foreign or text.startswith("//") else text


_NAMING = ("id", "class", "title", "aria-label", "rel")


def _inputs(form: Any) -> Iterator[tuple[str, str]]:
    for node in form.css("input[name], textarea[name]"):
        yield _attribute(node, "name"), _attribute(node, "value") or node.text()
