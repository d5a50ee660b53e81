"""The protection of main as Gitea applies it: which rule decides, every way around it, what changed since the last run.

A field that this server should have and that was not seen leaves its question open; none counts as switched off.
"""

from collections.abc import Iterator
from dataclasses import replace

from auditor.config import Allow, Config
from auditor.derive.protection.change import Change, changes_of
from auditor.derive.protection.door import Door, Ground, Ways, bypass_ways, closed_door, force_push_ways, push_doors
from auditor.derive.protection.rule import effective_rule, lacks
from auditor.frozen import frozen
from auditor.model.facts.earlier import Earlier, SeenProtection
from auditor.model.facts.gitea import DeployKey, Gitea, Server
from auditor.model.facts.gitea_protection import BranchProtection
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing

_OF_RULE = ("rule", "push", "force_push", "bypass", "admins_bound", "bindable", "changes")
_NO_MEMORY = "no earlier run can be asked: the history was not opened"
_CONTRADICTION = "the answers about the branch and about its protection rules contradict each other: run it again"


@frozen
class Key:
    """A deploy key; `declared` where `gitea.allow.writable_deploy_keys` names its title or fingerprint."""

    title: str
    fingerprint: str | Missing
    created_at: str | Missing
    read_only: bool | Missing
    declared: bool


@frozen
class Protection:
    """The rule that decides for main, and who gets around it.

    `rule` is its name, None without one. `admins_bound` says that a repository's admins can't merge past it, `bindable`
    that this server's version has the switch for that. `push` holds at least one entry, a closed one where there is no
    way in; `changes` one at least. `allowed` are the exceptions that `gitea.allow` declares and that are in use.
    `seen_at` is when an earlier run saw the protection last, None where none did.
    """

    branch: str | Missing = MISSING
    exists: bool | Missing = MISSING
    rule: str | Missing | None = MISSING
    push: tuple[Door, ...] | Missing = MISSING
    force_push: Ways | Missing = MISSING
    bypass: Ways | Missing = MISSING
    admins_bound: bool | Missing = MISSING
    bindable: bool | Missing = MISSING
    keys: tuple[Key, ...] | Missing = MISSING
    changes: tuple[Change, ...] | Missing = MISSING
    allowed: tuple[str, ...] = ()
    seen_at: str | Missing | None = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> Protection:
    """The protection of the configured branch."""
    gitea = snapshot.gitea
    if gitea is MISSING or config.gitea is None:
        return Protection()
    branch, allow = config.gitea.branch, config.gitea.allow
    if not gitea.available:
        gap = Gap(pointer="/protection", reason=f"gitea is unavailable: {gitea.error}")
        return Protection(branch=branch, gaps=(gap,))
    exists, rule, reason = _rule(gitea, branch)
    facts = Protection(branch=branch, exists=exists, gaps=tuple(_told(exists, rule, reason)))
    facts = _with_keys(_with_doors(facts, rule, gitea, allow), gitea, allow)
    facts = replace(facts, allowed=tuple(_allowed(facts)))
    return _with_changes(facts, rule, gitea, snapshot.earlier)


def _allowed(facts: Protection) -> Iterator[str]:
    """Each declared exception that is in use, as a report shows it."""
    for door in () if facts.push is MISSING else facts.push:
        if door.declared:
            yield f"push: {door.text}"
    for name, ways in (("force push", facts.force_push), ("bypass", facts.bypass)):
        if ways is not MISSING:
            yield from (f"{name}: {who}" for who in ways.declared)
    for key in () if facts.keys is MISSING else facts.keys:
        if key.declared and key.read_only is False:
            yield f"writable deploy key: {key.title}"


def _rule(gitea: Gitea, branch: str) -> tuple[bool | Missing, BranchProtection | Missing | None, Gap | None]:
    """Whether the branch is protected, the rule that decides, and why one of them is not known."""
    rule, reason = _listed(gitea, branch)
    main = gitea.main
    if main is MISSING:
        return MISSING, MISSING, _gap(gitea, "/gitea/main", "/gitea/redirect")
    if main is None:
        # a rule may wait for a branch that nobody made
        return (MISSING if rule is MISSING else rule is not None), rule, reason
    if main.protected is MISSING:
        return MISSING, MISSING, _gap(gitea, "/gitea/main/protected", "/gitea/main")
    if rule is MISSING:
        return main.protected, MISSING if main.protected else None, reason
    named = main.effective_rule
    if main.protected is (rule is None) or (rule and isinstance(named, str) and named != rule.rule_name):
        return (True if main.protected else MISSING), MISSING, Gap(pointer="", reason=_CONTRADICTION)
    return main.protected, rule, None


def _listed(gitea: Gitea, branch: str) -> tuple[BranchProtection | Missing | None, Gap | None]:
    """The rule that decides, by the list alone."""
    gap = next((gap for gap in gitea.gaps if gap.pointer == "/gitea/protections"), None)
    if gitea.protections is MISSING or gap is not None:
        return MISSING, gap or _gap(gitea, "/gitea/protections", "/gitea/redirect")
    return effective_rule(gitea.protections, branch), None


def _gap(gitea: Gitea, *places: str) -> Gap | None:
    return next((gap for place in places for gap in gitea.gaps if gap.pointer == place), None)


def _told(exists: bool | Missing, rule: BranchProtection | Missing | None, reason: Gap | None) -> Iterator[Gap]:
    names = (*(("exists",) if exists is MISSING else ()), *(_OF_RULE if rule is MISSING else ()))
    for name in names:
        if reason is not None:
            yield Gap(pointer=f"/protection/{name}", reason=reason.reason, remedy=reason.remedy)


def _with_doors(facts: Protection, rule: BranchProtection | Missing | None, gitea: Gitea, allow: Allow) -> Protection:
    if rule is MISSING:
        return facts
    if rule is None:
        nothing = Ways(closed=False)
        return replace(facts, rule=None, push=(closed_door(),), force_push=nothing, bypass=nothing, admins_bound=False)
    server = Server() if gitea.server is MISSING else gitea.server
    ground = Ground(rule=rule, server=server, allow=allow, keys=gitea.deploy_keys)
    facts = replace(
        facts,
        rule=rule.rule_name,
        push=push_doors(ground),
        force_push=force_push_ways(ground),
        bypass=bypass_ways(ground),
        admins_bound=_admins_bound(rule, server),
        bindable=_bindable(rule, server),
    )
    return replace(facts, gaps=(*facts.gaps, *_unseen(facts, rule)))


def _admins_bound(rule: BranchProtection, server: Server) -> bool | Missing:
    switches = {name: getattr(rule, name) for name in ("block_admin_merge_override", "apply_to_admins")}
    if True in switches.values():
        return True
    unseen = [name for name, value in switches.items() if value is MISSING and not lacks(server, name)]
    # a server has one of the two: where one of them is seen and off, the other is not waited for
    return MISSING if unseen and False not in switches.values() else False


def _bindable(rule: BranchProtection, server: Server) -> bool:
    names = ("block_admin_merge_override", "apply_to_admins")
    return any(getattr(rule, name) is not MISSING or not lacks(server, name) for name in names)


def _unseen(facts: Protection, rule: BranchProtection) -> Iterator[Gap]:
    """Gaps for what the rule, as it was read, leaves open."""
    reason = f"the server's answer about the rule {rule.rule_name} lacks a field that decides this"
    push = () if facts.push is MISSING else facts.push
    for index, door in enumerate(push):
        if door.open is MISSING:
            yield Gap(pointer=f"/protection/push/{index}/open", reason=reason)
    for name, ways in (("force_push", facts.force_push), ("bypass", facts.bypass)):
        if ways is not MISSING and ways.closed is MISSING:
            yield Gap(pointer=f"/protection/{name}/closed", reason=reason)
    if facts.admins_bound is MISSING:
        yield Gap(pointer="/protection/admins_bound", reason=reason)


def _with_keys(facts: Protection, gitea: Gitea, allow: Allow) -> Protection:
    gaps = [gap for gap in gitea.gaps if f"{gap.pointer}/".startswith("/gitea/deploy_keys/")]
    moved = [replace(gap, pointer=gap.pointer.replace("/gitea/deploy_keys", "/protection/keys", 1)) for gap in gaps]
    facts = replace(facts, gaps=(*facts.gaps, *moved))
    if gitea.deploy_keys is MISSING:
        gap = _gap(gitea, "/gitea/redirect") if not gaps else None
        return replace(facts, gaps=(*facts.gaps, *([replace(gap, pointer="/protection/keys")] if gap else [])))
    declared = frozenset(allow.writable_deploy_keys)
    return replace(facts, keys=tuple(_key(key, declared) for key in gitea.deploy_keys))


def _key(key: DeployKey, declared: frozenset[str]) -> Key:
    title = f"key {key.id}" if key.title is MISSING else key.title
    return Key(
        title=title,
        fingerprint=key.fingerprint,
        created_at=key.created_at,
        read_only=key.read_only,
        declared=title in declared or (key.fingerprint is not MISSING and key.fingerprint in declared),
    )


def _with_changes(
    facts: Protection, rule: BranchProtection | Missing | None, gitea: Gitea, earlier: Earlier | Missing
) -> Protection:
    if earlier is MISSING:
        gaps = tuple(Gap(pointer=f"/protection/{name}", reason=_NO_MEMORY) for name in ("changes", "seen_at"))
        return replace(facts, gaps=(*facts.gaps, *gaps))
    before = earlier.protection if earlier.protection and earlier.protection.branch == facts.branch else None
    facts = replace(facts, seen_at=_seen_at(before))
    if rule is MISSING and before is not None:
        return facts
    server = Server() if gitea.server is MISSING else gitea.server
    changes = changes_of(before, None if rule is MISSING else rule, server)
    reason = "the server's answer lacks this field of the protection rule"
    unseen = [index for index, change in enumerate(changes) if change.changed is MISSING]
    gaps = tuple(Gap(pointer=f"/protection/changes/{index}/changed", reason=reason) for index in unseen)
    # on the first night there is nothing to compare, whether today's rule can be seen or not
    kept = facts.gaps if rule is not MISSING else tuple(g for g in facts.gaps if g.pointer != "/protection/changes")
    return replace(facts, changes=changes, gaps=(*kept, *gaps))


def _seen_at(before: SeenProtection | None) -> str | None:
    return None if before is None else before.seen_at
