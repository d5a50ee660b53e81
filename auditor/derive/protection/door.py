"""The ways past a protection rule: who may push, force-push or merge without its checks, and what of it is declared."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from auditor.config import Allow
from auditor.derive.protection.rule import lacks
from auditor.frozen import frozen
from auditor.model.facts.gitea import DeployKey, Server
from auditor.model.facts.gitea_protection import BranchProtection
from auditor.model.missing import MISSING, Missing

Kind = Literal["everyone", "user", "team", "deploy-keys", "pattern"]


@frozen
class Door:
    """A way to main past pull requests, `declared` where `gitea.allow` names it; a closed one is named `everyone`."""

    kind: Kind
    name: str
    text: str
    open: bool | Missing
    declared: bool = False


@frozen
class Ways:
    """The same of a right that is judged as a whole: `closed` where nobody has it who isn't declared."""

    closed: bool | Missing
    undeclared: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()


@frozen
class Ground:
    """What a rule's doors are judged by; `keys` are the deploy keys, MISSING where they could not be seen."""

    rule: BranchProtection
    server: Server
    allow: Allow
    keys: Sequence[DeployKey] | Missing

    def value(self, name: str) -> Any:
        """A field of the rule: False where this server's version lacks it, MISSING where it should be there."""
        value = getattr(self.rule, name)
        return False if value is MISSING and lacks(self.server, name) else value


def push_doors(ground: Ground) -> tuple[Door, ...]:
    """Every way to push to the branch; at least one entry."""
    names = _names("push_whitelist")
    doors = (
        *_doors(ground, ("enable_push", "enable_push_whitelist"), names, ground.allow.push, "push"),
        *_patterns(ground),
    )
    return doors or (closed_door(),)


def force_push_ways(ground: Ground) -> Ways:
    """Who may rewrite the branch."""
    switches = ("enable_force_push", "enable_force_push_allowlist")
    return _ways(_doors(ground, switches, _names("force_push_allowlist"), ground.allow.force_push, "force-push"))


def bypass_ways(ground: Ground) -> Ways:
    """Who may merge past checks and approvals by being named."""
    names = _names("bypass_allowlist")[:2]
    return _ways(_doors(ground, (None, "enable_bypass_allowlist"), names, ground.allow.bypass, "merge past the checks"))


def closed_door() -> Door:
    """The entry of a list in which there is nothing to judge."""
    return Door(kind="everyone", name="everyone", text="nobody may push", open=False)


def _names(prefix: str) -> tuple[tuple[Kind, str], ...]:
    return (("user", f"{prefix}_usernames"), ("team", f"{prefix}_teams"), ("deploy-keys", f"{prefix}_deploy_keys"))


def _doors(
    ground: Ground,
    switches: tuple[str | None, str],
    names: tuple[tuple[Kind, str], ...],
    allowed: Iterable[str],
    verb: str,
) -> Iterator[Door]:
    """The doors of one right: off, open to everyone who can write, or to the names on its list."""
    right, limited = switches
    enabled = True if right is None else ground.value(right)
    listed = ground.value(limited)
    everyone = Door(kind="everyone", name="everyone", text=f"every writer may {verb}", open=enabled)
    if right is None and listed is False:
        return
    if enabled is not True or listed is not True:
        # without the second switch the first one lets everyone in, and what it is was not seen
        yield Door(**{**vars(everyone), "open": enabled if listed is False or enabled is False else MISSING})
        return
    declared = frozenset(name.casefold() for name in allowed)
    for kind, field in names:
        yield from _named(ground, kind, ground.value(field), declared, verb)


def _named(ground: Ground, kind: Kind, value: Any, declared: frozenset[str], verb: str) -> Iterator[Door]:
    if kind == "deploy-keys":
        text = f"deploy keys that write may {verb}"
        if value is not False:
            yield Door(kind=kind, name="deploy keys", text=text, open=value, declared=_keys_declared(ground, declared))
        return
    if value is MISSING:
        yield Door(kind=kind, name=f"{kind}s", text=f"some {kind}s may {verb}", open=MISSING)
        return
    for name in value or ():
        text = f"{'team ' if kind == 'team' else ''}{name} may {verb}"
        yield Door(kind=kind, name=name, text=text, open=True, declared=name.casefold() in declared)


def _keys_declared(ground: Ground, declared: frozenset[str]) -> bool:
    """Whether each key that the door lets in is declared as a pusher; a door for keys still to come is not."""
    if ground.keys is MISSING:
        return False
    writing = [key.title for key in ground.keys if key.read_only is not True]
    return bool(writing) and all(title is not MISSING and title.casefold() in declared for title in writing)


def _patterns(ground: Ground) -> Iterator[Door]:
    patterns = ground.value("unprotected_file_patterns")
    if patterns is MISSING:
        yield Door(kind="pattern", name="patterns", text="files of some patterns may be pushed", open=MISSING)
        return
    for pattern in patterns or ():
        text = f"every writer may push changes of files that match {pattern}"
        declared = pattern in ground.allow.unprotected_patterns
        yield Door(kind="pattern", name=pattern, text=text, open=True, declared=declared)


def _ways(doors: Iterable[Door]) -> Ways:
    known = tuple(doors)
    undeclared = tuple(door.text for door in known if door.open is True and not door.declared)
    unseen = any(door.open is MISSING for door in known)
    return Ways(
        closed=False if undeclared else MISSING if unseen else True,
        undeclared=undeclared,
        declared=tuple(door.name for door in known if door.open is True and door.declared),
    )
