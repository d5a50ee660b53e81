"""Canonical values and their variants as exact literals in scripts, and the names of other public variables."""

import re
from collections.abc import Iterator
from dataclasses import replace

from auditor.detector.key_name import looks_secret
from auditor.extraction.script import Module
from auditor.extraction.seeker import place_in
from auditor.extraction.syntax import child_of, key_text, string_text
from auditor.extraction.term import Terms
from auditor.model.facts.site import Part, PublicVariable, SiteValue

_PUBLIC = re.compile(rb"PUBLIC_[A-Z0-9_]{1,80}")
_PARTS: tuple[Part, ...] = ("base", "owner", "repo")
_MOST = 20


def presence(module: Module, terms: Terms) -> Iterator[SiteValue]:
    """String literals that are a canonical value, in any letter case."""
    for part in _PARTS:
        wanted = terms.canonical(part)
        pattern = re.compile(re.escape(wanted.encode()), re.IGNORECASE)
        for count, match in enumerate(pattern.finditer(module.source)):
            node = module.node_at(match.start(), match.end())
            if count >= _MOST:
                break
            if node is not None and node.type == "string_fragment" and node.parent is not None:
                text = string_text(module, node.parent)
                if text.rstrip("/").lower() == wanted.lower():
                    yield SiteValue(part=part, value=text, tier="literal", place=place_in(module, node.parent))


def public_variables(module: Module) -> Iterator[PublicVariable]:
    """The `PUBLIC_*` keys and names to which a script gives a value."""
    for match in _PUBLIC.finditer(module.source):
        node = module.node_at(match.start(), match.end())
        if node is not None and node.type == "string_fragment":
            node = node.parent
        above = None if node is None else node.parent
        if node is None or above is None or above.type not in ("pair", "variable_declarator"):
            continue
        named = child_of(above, "key" if above.type == "pair" else "name")
        value = child_of(above, "value")
        if named == node and value is not None:
            name = key_text(module, node)
            empty = value.type in ("unary_expression", "null", "undefined") or module.text(value) in ('""', "''", "``")
            # the source of the value is left out: it may be a secret
            yield PublicVariable(
                name=name,
                looks_secret=looks_secret(name),
                has_value=not empty,
                place=replace(place_in(module, above), expression=""),
            )
