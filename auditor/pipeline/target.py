"""What the gate is asked about, in full: the commit that a name means, the slot that is meant where none is named."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.config import Config
from auditor.derive import proxy as proxy_of
from auditor.derive.drift.canonical import commit_in_role
from auditor.gitfile.revision import named_commit, starts_an_id
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.target import Target
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing


def resolved_target(asked: Target, snapshot: Snapshot, config: Config) -> Target:
    """The target as far as the facts at hand tell it; what they do not is a gap."""
    commit, slot = _commit(asked, snapshot, config), _slot(asked, snapshot, config)
    return replace(asked, commit=commit, slot=slot, gaps=tuple(_gaps(asked, commit, slot)))


def _commit(asked: Target, snapshot: Snapshot, config: Config) -> str | Missing:
    gitea, name = snapshot.gitea, asked.asked
    if config.gitea is None or gitea is MISSING:
        return MISSING
    found = named_commit(name, gitea, config.gitea.branch)
    if found is not None:
        return found
    known = commit_in_role(snapshot, "target")
    if known is not None and name is not None and starts_an_id(name) and known.commit.startswith(name.lower()):
        return known.commit
    return MISSING


def _slot(asked: Target, snapshot: Snapshot, config: Config) -> str | Missing | None:
    if config.nas is None or isinstance(asked.slot, str):
        return None if config.nas is None else asked.slot
    names = [slot.name for slot in config.nas.slots]
    if len(names) == 1:
        return names[0]
    active = proxy_of.derive(replace(snapshot, target=MISSING), config).active
    if active is MISSING or active is None:
        return MISSING
    if asked.stage == "after":
        return active
    idle = [name for name in names if name != active]
    return idle[0] if len(idle) == 1 else MISSING


def _gaps(asked: Target, commit: str | Missing, slot: str | Missing | None) -> Iterator[Gap]:
    if commit is MISSING:
        what = (
            "main's tip was not observed" if asked.asked is None else f"nothing tells which commit '{asked.asked}' is"
        )
        remedy = None if asked.asked is None else "name a branch of the server, or give the id in full"
        yield Gap(pointer="/target/commit", reason=what, remedy=remedy)
    if slot is MISSING:
        yield Gap(
            pointer="/target/slot",
            reason="nothing tells which slot is idle",
            remedy="name it with --slot",
        )
