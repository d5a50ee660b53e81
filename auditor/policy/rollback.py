"""A declared rollback as what it is to the judge: a waiver of the one rule that it must break, until it is over."""

from auditor.config import Config
from auditor.model.rules import Waiver
from auditor.text import parse_time

_RULE = "nas-commit-is-main"
_OWNER = "rollback in policies.yaml"


def rollback_waivers(config: Config) -> tuple[Waiver, ...]:
    """The waiver that a declared rollback stands for; none without one."""
    declared = config.rollback
    if declared is None:
        return ()
    return (
        Waiver(
            rule=_RULE,
            owner=_OWNER,
            reason=declared.reason,
            expires=declared.until,
            expires_at=declared.until,
            subjects=("*",),
        ),
    )


def rollback_note(config: Config, now: str) -> tuple[str, ...]:
    """What every report says first while a rollback is in force."""
    declared = config.rollback
    if declared is None or parse_time(now) >= parse_time(declared.until):
        return ()
    return (f"rollback to {declared.to[:12]} until {declared.until} ({declared.reason}): production is judged by it",)
