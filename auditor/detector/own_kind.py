"""The kinds of a site's own beside the shipped ones, by patterns that can be handed from process to process."""

from functools import cache

from auditor.detector.catalogue import KINDS
from auditor.detector.kind import Kind, pattern_kind

# id and expression of each
Patterns = tuple[tuple[str, str], ...]


@cache
def kinds_with(patterns: Patterns) -> tuple[Kind, ...]:
    """The shipped kinds, then those of the patterns; raises PatternError."""
    return (*KINDS, *(pattern_kind(name, regex) for name, regex in patterns))
