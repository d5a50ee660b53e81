"""The one table of exit codes, the same for every command and format."""

from collections.abc import Iterable

COMPLIANT = 0
NON_COMPLIANT = 1
USAGE = 2
INCONCLUSIVE = 3
INTERNAL = 70
LOCKED = 75
INTERRUPTED = 130
TERMINATED = 143

# of several sites: failure wins over what was not judged, and that over what is unknown
_WORST_FIRST = (NON_COMPLIANT, INTERNAL, USAGE, LOCKED, INCONCLUSIVE, COMPLIANT)

TABLE = """\b
Exit codes:
   0  compliant: every judged rule passed, was not applicable, or its failure
      is waived or below --fail-on
   1  non-compliant: at least one unwaived failure at or above --fail-on
   2  usage, configuration or policy error (nothing was judged)
   3  inconclusive: no failure, but at least one rule is UNKNOWN at or above
      --fail-on
  70  internal error
  75  another run holds the lock of this site
"""

_ALL = "auditor --help explains them all."
JUDGES = f"Exit codes: 0 compliant, 1 non-compliant, 2 nothing was judged, 3 inconclusive; {_ALL}"
JUDGES_NOTHING = f"Exit codes: 0, or 2 where it can't be done; {_ALL}"
DOCTOR = f"Exit codes: 0 if all is well, else 3; {_ALL}"
DEMO = f"Exit codes: that of the last audit; with --all 0 if every drift was named, else 1; {_ALL}"
VERIFY = f"Exit codes: 0 if the history is whole, 1 if it is damaged; {_ALL}"


def of_verdict(verdict: str, *, on_unknown: str = "fail") -> int:
    """The code that a verdict's word ends a command with."""
    if verdict == "inconclusive" and on_unknown == "warn":
        return COMPLIANT
    return {"compliant": COMPLIANT, "non-compliant": NON_COMPLIANT, "inconclusive": INCONCLUSIVE}[verdict]


def worst(codes: Iterable[int]) -> int:
    """The code of the worst of several sites."""
    return min(codes, key=badness)


def badness(code: int) -> int:
    """What to sort by for the worst to come first."""
    return _WORST_FIRST.index(code)
