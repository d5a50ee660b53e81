"""A second engine, where it is installed (extra `deep`): the rules of MongoDB's Kingfisher for hundreds of vendors.

It is given bytes alone, in this process: no path (it would leave out lock files and vendored code), no file, nothing to
decode, and it never asks a vendor whether a key works. What its rules find is judged here like everything else.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from threading import Lock
from typing import TYPE_CHECKING, Any

from auditor.detector.context import vendor_value
from auditor.detector.engine import KINGFISHER, EngineError, Found
from auditor.detector.kind import OWN_FORM, Kind, fixed, plain

if TYPE_CHECKING:
    from kingfisher_sdk import Finding, Rules, Scanner

# of a text of 256 KB it takes some milliseconds; the worst that was made for it, a quarter of a second
_SECONDS = 10.0
# far more than any honest text holds
_MOST = 2_500
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_CATALOGUE = re.compile(r"^(?:betterleaks\.|veles\.secrets/)|\.[0-9]+$")
# forms of no vendor: this program's own kinds judge them
_GENERAL = frozenset(
    (
        "curl-auth-header",
        "curl-auth-user",
        "generic-credential-uri",
        "hashicorp-tf-password",
        "jwt",
        "jwt-base64",
        "kubernetes-secret-yaml",
        "mongodb-connection-string",
        "private-key",
    )
)
# what is made to be shown: half of a pair that names an account, or a key for browsers
_PUBLIC = re.compile(r"-(?:user-api-|access-)?id$|-pub(?:lic)?-|-client-sdk-|-browser-|project-api-key$")
# what stands between a name and the value that is given to it, and other ways to reach far
_NAMED = re.compile(r"\(\?:=\||\(\?:\.\||\[\\s\\S\]|\(\?s:|://")
_OPENING = re.compile(r"(?:\\b|\^|\(\?[a-zA-Z]+\)|\((?:\?(?:[a-zA-Z]*:|P<\w+>))?)*")
_LITERAL = re.compile(r"((?:[A-Za-z0-9_-]|\\[.-])*)(?![A-Za-z0-9_\\-])([?*+{|]?)")
# fewer letters begin many a word and run of base64; a sign among them is enough
_LEAST = 4


def load_kingfisher() -> "tuple[Rules, Scanner]":
    """Its rules, and a scanner that decodes nothing; compiled once, and kept in its own folder of the user's cache."""
    from kingfisher_sdk import Rules, Scanner

    rules = Rules()
    return rules, Scanner(rules, base64=False)


class Kingfisher:
    """Its scanner, made when the first text comes."""

    def __init__(self, load: "Callable[[], tuple[Rules, Scanner]]" = load_kingfisher) -> None:
        self._lock, self._load = Lock(), load
        self._made: tuple[Rules, Scanner] | None = None
        self._rules: dict[str, Rule] = {}

    def find(self, raw: bytes) -> list[Found]:
        """The places in order, those of one place by the name of the rule; raises EngineError."""
        # a byte order mark at its beginning, or many zeros, would have the whole text decoded, and its plain parts lost
        lead = int(raw.startswith(_MARKS))
        text = b"\n" * lead + raw.replace(b"\0", b"\1")
        rules, found = self._scanned(text)
        if len(found) > _MOST:
            raise EngineError("it looks like more secrets than are judged in one text")
        placed = (self._placed(one, rules, text) for one in found)
        places = (Found(kind, start - lead, end - lead) for kind, start, end in placed if kind)
        return sorted(places, key=lambda one: (one.start, one.kind.id))

    def _scanned(self, text: bytes) -> "tuple[Rules, list[Finding]]":
        try:
            rules, scanner = self._loaded()
            return rules, [one for one in scanner.scan(text, timeout=_SECONDS) if one.visible]
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as fault:  # a panic of native code is no Exception
            raise EngineError(f"kingfisher gave up: {type(fault).__name__}") from None

    def _placed(self, one: "Finding", rules: "Rules", text: bytes) -> tuple[Kind | None, int, int]:
        start, end, value = one.location["start_offset"], one.location["end_offset"], one.secret
        if text[start:end].decode("utf-8", "replace") != value:
            raise EngineError("kingfisher's places are not those of the text")
        return self._kind(one.rule_id, value, rules), start, end

    def _kind(self, name: str, value: str, rules: "Rules") -> Kind | None:
        if name not in self._rules:
            self._rules[name] = rule_of(name, rules.detail(name))
        rule = self._rules[name]
        return rule.prefixed if value.lower().startswith(rule.prefix.lower()) else rule.plain

    def _loaded(self) -> "tuple[Rules, Scanner]":
        with self._lock:
            if self._made is None:
                self._made = self._load()
            return self._made


def kingfisher_version() -> str:
    """The version of the installed package."""
    return metadata.version("kingfisher-secret-scanner")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by its public prefix, and the kinds that a value with it and one without it are of; None: of none."""

    prefix: str
    prefixed: Kind | None = None
    plain: Kind | None = None


def rule_of(name: str, detail: Mapping[str, Any]) -> Rule:
    """The rule of this name, whose definition is `detail`.

    It is of no kind where its form is judged otherwise, is no secret at all, or counts only beside another one: which
    parts of a file are searched together must make no difference.
    """
    name = _CATALOGUE.sub("", _CATALOGUE.sub("", name))
    paired = any(not each.get("optional") for each in detail.get("depends_on_rule") or ())
    if paired or name in _GENERAL or _PUBLIC.search(name):
        return Rule("")
    pattern = str(detail["pattern"])
    prefix = public_prefix(pattern)
    form = re.compile(rf"(?P<value>(?P<prefix>(?i:{re.escape(prefix)}))(?s:.)*)")
    other = Kind(KINGFISHER + name, name, (), OWN_FORM, plain if "://" in pattern else vendor_value, invented=True)
    return Rule(prefix, Kind(other.id, name, (), form, fixed) if prefix else other, other)


def public_prefix(pattern: str) -> str:
    """What every match of a pattern begins with, where that is no accident; else the empty text."""
    if _NAMED.search(pattern):
        return ""
    match = _LITERAL.match(pattern, _OPENING.match(pattern).end())  # type: ignore[union-attr]
    if match is None or match[2]:
        return ""
    literal = match[1].replace("\\", "")
    return literal if len(literal) >= _LEAST or not literal.isalnum() else ""
