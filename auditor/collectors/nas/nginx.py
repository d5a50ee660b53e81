"""The syntax of nginx's configuration as far as blocks and directives go; includes are not followed."""

import re
from dataclasses import dataclass, field

from auditor.errors import SourceError

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<mark>[{};])|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<word>(?:\$\{[^}\s]*\}|\\.|[^\s{};\\])+)""",
    re.DOTALL,
)
_DEPTH = 32


@dataclass(frozen=True)
class Directive:
    """A line that ends with `;`: its words, the name first."""

    words: tuple[str, ...]


@dataclass
class Block:
    """`name words {…}`."""

    name: str
    words: tuple[str, ...]
    directives: list[Directive] = field(default_factory=list)
    blocks: list["Block"] = field(default_factory=list)


def parse_nginx(text: str) -> list[Block]:
    """The file's top blocks; raises SourceError where braces or quotes don't match."""
    top = Block("", ())
    open_blocks = [top]
    words: list[str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise SourceError("a quote has no end")
        at = match.end()
        if match["mark"] is None:
            word = next((match[name] for name in ("double", "single", "word") if match[name] is not None), None)
            words += [] if word is None else [word]
            continue
        _close(match["mark"], words, open_blocks)
        words = []
    if len(open_blocks) > 1 or words:
        raise SourceError("a block has no end")
    return top.blocks


def _close(mark: str, words: list[str], open_blocks: list[Block]) -> None:
    if mark == "}":
        if words or len(open_blocks) < 2:
            raise SourceError("a brace closes nothing")
        open_blocks.pop()
    elif not words:
        raise SourceError(f"nothing stands before {mark!r}")
    elif mark == ";":
        open_blocks[-1].directives.append(Directive(tuple(words)))
    else:
        if len(open_blocks) > _DEPTH:
            raise SourceError("blocks are nested too deeply")
        block = Block(words[0], tuple(words[1:]))
        open_blocks[-1].blocks.append(block)
        open_blocks.append(block)
