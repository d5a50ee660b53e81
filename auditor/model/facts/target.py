"""What the gate is asked about: the commit and the slot that stand for the deployed and the active one."""

from typing import Literal, TypeAlias

from auditor.frozen import frozen
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing

Stage: TypeAlias = Literal["deploy", "switch", "after"]


@frozen
class Target:
    """The subject of one stage of the gate.

    `asked` is the commit as it was named, None: the tip of Gitea's branch; `commit` is its whole id. `slot` is the one
    that was named, else the idle one, and `after` the switch the active one; None where no NAS is configured.
    """

    stage: Stage
    asked: str | None = None
    commit: str | Missing = MISSING
    slot: str | Missing | None = MISSING
    gaps: tuple[Gap, ...] = ()
