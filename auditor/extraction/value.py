"""What an expression can stand for before it is run: text with holes, objects, lists, functions, addresses."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, quote_plus, urljoin

if TYPE_CHECKING:  # addresses are compared without a parser
    from tree_sitter import Node

    from auditor.extraction.script import Module

# what encodeURIComponent and encodeURI leave as it is (ECMA-262, 19.2.6)
COMPONENT_SAFE = "-_.!~*'()"
ADDRESS_SAFE = COMPONENT_SAFE + ";/?:@&=+$,#"
_LONGEST = 8192


@dataclass(frozen=True)
class Hole:
    """A part that is only known at run time; `name` is what the source calls it."""

    name: str


@dataclass(frozen=True)
class Text:
    """A string, piece by piece."""

    parts: tuple[str | Hole, ...]

    @property
    def known(self) -> str | None:
        """The text, None where it has a hole."""
        return None if any(isinstance(part, Hole) for part in self.parts) else "".join(map(str, self.parts))

    @property
    def shown(self) -> str:
        """The text with its holes as `{name}`."""
        return "".join(part if isinstance(part, str) else f"{{{part.name}}}" for part in self.parts)


@dataclass(frozen=True)
class Plain:
    """`undefined`, `null`, a number or a truth value, as JavaScript prints it."""

    text: str

    @property
    def truthy(self) -> bool:
        return self.text not in ("undefined", "null", "false", "0", "NaN")


@dataclass(frozen=True, eq=False)
class Record:
    """An object: each key with its possible values; `whole` is False where a spread may have brought others."""

    fields: dict[str, "Values"]
    whole: bool = True


@dataclass(frozen=True, eq=False)
class Items:
    """An array."""

    items: tuple["Values", ...]


@dataclass(frozen=True, eq=False)
class Function:
    """A function and the module that it stands in."""

    module: "Module"
    node: "Node"


@dataclass(frozen=True)
class Search:
    """A URLSearchParams."""

    pairs: tuple[tuple[str, Text], ...] = ()

    def text(self) -> Text:
        """The query as it is printed."""
        parts: list[str | Hole] = []
        for index, (name, value) in enumerate(self.pairs):
            parts += ["&" if index else "", quote_plus(name), "=", *encoded(value, quote_plus).parts]
        return joined(Text((part,)) for part in parts)


@dataclass(frozen=True)
class Url:
    """A URL: the address without its query, and the query."""

    address: Text
    search: Search = Search()

    def text(self) -> Text:
        """The address as it is printed."""
        return joined((self.address, Text(("?",)), self.search.text())) if self.search.pairs else self.address


# how many values one expression may have, and how deep it is followed
MOST = 8
DEEPEST = 40

Value: TypeAlias = Text | Plain | Record | Items | Function | Search | Url
Values: TypeAlias = tuple[Value, ...]

# what names a node among all modules
Key: TypeAlias = tuple[str, int, int]
UNDEFINED = Plain("undefined")


def unknown(name: str) -> Text:
    """A value of which only the name is known."""
    return Text((Hole(name[:60]),))


def is_unknown(value: Value) -> bool:
    """Whether nothing at all is known of the value."""
    return isinstance(value, Text) and len(value.parts) == 1 and isinstance(value.parts[0], Hole)


def literal(text: str) -> Text:
    """A known string."""
    return Text((text[:_LONGEST],))


def text_of(value: Value, name: str = "…") -> Text:
    """The value as string concatenation prints it."""
    if isinstance(value, Text):
        return value
    if isinstance(value, Plain):
        return literal(value.text)
    if isinstance(value, (Search, Url)):
        return value.text()
    if isinstance(value, Items):
        firsts = [text_of(item[0]) if len(item) == 1 else unknown(name) for item in value.items]
        return joined(part for index, one in enumerate(firsts) for part in ((literal(","), one) if index else (one,)))
    return unknown(name)


def joined(texts: Iterable[Text]) -> Text:
    """The texts one after another, neighbouring strings made one."""
    parts: list[str | Hole] = []
    for text in texts:
        for part in text.parts:
            if isinstance(part, str) and parts and isinstance(parts[-1], str):
                parts[-1] = (parts[-1] + part)[:_LONGEST]
            elif part != "":
                parts.append(part)
    return Text(tuple(parts[:256]) or ("",))


def encoded(text: Text, encode: Callable[[str], str] = lambda text: quote(text, safe=COMPONENT_SAFE)) -> Text:
    """The text with its known parts percent-encoded."""
    return Text(tuple(encode(part) if isinstance(part, str) else part for part in text.parts))


def resolved(relative: Text, base: Text) -> Text:
    """What `new URL(relative, base)` gives, as far as it can be told."""
    first = relative.parts[0]
    if isinstance(first, str) and "://" in first:
        return relative
    known = base.known
    if known is None:
        return unknown("URL")
    if isinstance(first, Hole):
        return unknown(first.name)
    try:
        head = urljoin(known, first)
    except ValueError:
        return unknown("URL")
    return Text((head, *relative.parts[1:]))


def joined_values(pieces: Sequence[Values]) -> Values:
    """Every text that the pieces give one after another; holes where there would be more than MOST."""
    texts = [tuple(dict.fromkeys(text_of(value) for value in piece)) for piece in pieces]
    if any(len(piece) > MOST for piece in texts) or _count(texts) > MOST:
        texts = [piece if len(piece) == 1 else (unknown("…"),) for piece in texts]
    return tuple(joined(choice) for choice in product(*texts))


def _count(pieces: Sequence[Sequence[Any]]) -> int:
    count = 1
    for piece in pieces:
        count *= len(piece)
    return count


def place_of(module: "Module", node: "Node") -> Key:
    """What names a node among all modules."""
    return module.path, node.start_byte, node.end_byte
