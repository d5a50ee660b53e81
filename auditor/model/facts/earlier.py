"""What earlier runs saw that rules need today; written into the snapshot, which so judges itself alone."""

from auditor.frozen import frozen
from auditor.model.facts.gitea_protection import BranchProtection


@frozen
class EarlierRun:
    """The last stored audit of this site."""

    id: str
    finished_at: str
    started_at: str | None = None


@frozen
class SeenTip:
    """What `branch` pointed to on the server; `seen_at` is when a run saw it there last."""

    branch: str
    commit: str
    seen_at: str


@frozen
class SeenProtection:
    """The protection of `branch` as the last run that could see it saw it; `rule` is None where there was none."""

    branch: str
    seen_at: str
    rule: BranchProtection | None


@frozen
class SeenChange:
    """A path of the NAS's active release that was not the commit's; since when, and since when it is carried."""

    path: str
    since: str
    carried_since: str | None = None


@frozen
class SeenOverride:
    """A gate that somebody overrode since the last audit that looked for one; `failed` are the rules that spoke.

    `by` is who called it (user and host), `until` how long he meant it to last.
    """

    run: str
    at: str
    stage: str
    verdict: str
    reason: str
    until: str
    by: str
    commit: str | None = None
    slot: str | None = None
    failed: tuple[str, ...] = ()


@frozen
class Earlier:
    """The memory of the nights before; `run` is None on the first one, `protection` until a run could see it.

    `tips` come in the order in which they were first seen. `rights` are those that the auditor itself was last seen to
    have, each with its source (`gitea: admin`). `history_head` is the hash of the history's last record when the run
    began (zeros before the first): whoever keeps a report can tell whether the history was cut since.
    """

    run: EarlierRun | None
    tips: tuple[SeenTip, ...] = ()
    protection: SeenProtection | None = None
    changes: tuple[SeenChange, ...] = ()
    rights: tuple[str, ...] = ()
    overrides: tuple[SeenOverride, ...] = ()
    history_head: str | None = None
