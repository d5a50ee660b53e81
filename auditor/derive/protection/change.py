"""The rule that decides for main, then and now, field by field."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from auditor.derive.protection.rule import lacks
from auditor.frozen import frozen
from auditor.model.codec import canonical, encode
from auditor.model.facts.earlier import SeenProtection
from auditor.model.facts.gitea import Server
from auditor.model.facts.gitea_protection import BranchProtection
from auditor.model.missing import MISSING, Missing

# a server notes when a rule was saved, whether anything became different or not
_UNCOMPARED = ("created_at", "updated_at")


@frozen
class Change:
    """A field of the rule; `before` and `after` are JSON texts. `known` is False where no earlier run saw the rule."""

    field: str
    known: bool
    changed: bool | Missing
    before: str
    after: str


def changes_of(before: SeenProtection | None, after: BranchProtection | None, server: Server) -> tuple[Change, ...]:
    """All fields, changed or not; one entry at least."""
    if before is None:
        return (Change(field="rule", known=False, changed=False, before="null", after="null"),)
    if before.rule is None or after is None:
        names = [None if rule is None else rule.rule_name for rule in (before.rule, after)]
        return (_change("rule", names[0], names[1], names[0] != names[1]),)
    return tuple(_fields(before.rule, after, server))


def _fields(before: BranchProtection, after: BranchProtection, server: Server) -> Iterator[Change]:
    for field in fields(BranchProtection):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name not in _UNCOMPARED and not (old is MISSING and new is MISSING):
            yield _change(field.name, old, new, _differs(old, new, lacks(server, field.name)))


def _differs(old: Any, new: Any, lacking: bool) -> bool | Missing:
    if new is MISSING:
        return bool(old) if lacking else MISSING
    if old is MISSING:
        # a newer server lists a field that its elder didn't know: switched off, it is what it was
        return bool(new)
    return bool(_plain(old) != _plain(new))


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, tuple) else value


def _change(name: str, old: Any, new: Any, changed: bool | Missing) -> Change:
    return Change(field=name, known=True, changed=changed, before=_text(old), after=_text(new))


def _text(value: Any) -> str:
    return "null" if value is MISSING else canonical(encode(_plain(value)))
