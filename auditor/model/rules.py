"""What a policy holds: rules and waivers, as data; how they are judged is the engine's matter."""

from enum import Enum
from functools import cached_property

from auditor.frozen import frozen


class Severity(Enum):
    """How much a failure matters; the order of definition is the order of weight."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @cached_property
    def weight(self) -> int:
        return list(Severity).index(self)


class Invariant(Enum):
    """What the rules are there to keep; `audit` is the audit's own soundness."""

    SOURCE_OF_TRUTH = "source-of-truth"
    NAS_INVENTS_NOTHING = "nas-invents-nothing"
    PROPOSER_LINKS_WORK = "proposer-links-work"
    SECRETS_STAY_OUT = "secrets-stay-out"
    AUDIT = "audit"


class Outcome(Enum):
    """What a rule says of one element, from the worst to the best."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    PASS = "pass"
    NOT_APPLICABLE = "not_applicable"


@frozen
class Place:
    """Where something stands in a policy file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@frozen
class LocationExpressions:
    """The CEL expressions that give a finding its location; None where the rule names none."""

    path: str | None = None
    line: str | None = None
    commit: str | None = None
    url: str | None = None


@frozen
class EvidenceExpression:
    """A CEL expression whose value a finding shows under `name`."""

    name: str
    expression: str


@frozen
class Rule:
    """One rule of the policy.

    `for_each` is a path in the facts; `when`, `assertion` and `content` are CEL;
    `message`, `subject` and `remediation` are templates in which `{…}` holds CEL; `otherwise` says, as plain text,
    why the rule does not apply where `when` is false.
    `needs` are the sources without which the rule has nothing to judge (`local|nas`: without both); None: those that
    it reads. A `when` that is false whatever the element is makes the rule not applicable, to an empty list too.
    """

    id: str
    invariant: Invariant
    severity: Severity
    title: str
    assertion: str
    message: str
    for_each: str | None = None
    variable: str | None = None
    when: str | None = None
    otherwise: str | None = None
    key: str | None = None
    subject: str | None = None
    content: str | None = None
    needs: tuple[str, ...] | None = None
    empty: Outcome = Outcome.PASS
    evidence: tuple[EvidenceExpression, ...] = ()
    location: LocationExpressions = LocationExpressions()
    rationale: str = ""
    remediation: str = ""
    tags: tuple[str, ...] = ()
    needs_rights: tuple[str, ...] = ()
    enabled: bool = True
    disabled_reason: str | None = None
    place: Place | None = None


@frozen
class Waiver:
    """A failure that somebody answers for until a moment; `expires_at` is the first moment it no longer holds.

    Either `subject` (exact) or `subjects` (globs) is given; `content` is the hash that the element must still have.
    """

    rule: str
    owner: str
    reason: str
    expires: str
    expires_at: str
    subject: str | None = None
    subjects: tuple[str, ...] = ()
    content: str | None = None
    place: Place | None = None


@frozen
class Policy:
    """The rules and waivers that a run is judged by; `sha256` is of the files that they were read from."""

    rules: tuple[Rule, ...]
    waivers: tuple[Waiver, ...] = ()
    sha256: str
