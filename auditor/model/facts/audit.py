"""What the audit says of itself: what it could not observe, and how its waivers fared."""

from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing


@frozen
class Blind:
    """A source that is unavailable, or a gap in a fact that a judged rule reads.

    `observed` is never there: a rule that asks for it is unknown, for the reason of its gap.
    """

    source: str
    pointer: str
    observed: bool | Missing = MISSING


@frozen
class WaiverState:
    """How a waiver fared; `subject` is its subject or its globs, `place` where it stands in the policy file."""

    rule: str
    subject: str
    state: Literal["live", "unused", "expired", "content-changed", "unknown-rule"]
    owner: str
    expires: str
    place: str


@frozen
class Audit:
    """The facts of the audit itself."""

    blind: tuple[Blind, ...]
    waivers: tuple[WaiverState, ...]
    gaps: tuple[Gap, ...] = ()
