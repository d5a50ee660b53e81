"""Globs as Gitea reads them (github.com/gobwas/glob): `*`, `**`, `?`, `[a-z]`, `[!x]`, `{a,b}`, `\\` before a literal.

A pattern comes from a server that may be hostile, so matching takes time linear in pattern and text, never a regex.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

_SPECIAL = frozenset("*?\\[]{}")
_PATTERN_LIMIT = 256
_DEPTH_LIMIT = 16


class _MalformedError(ValueError):
    """A pattern that is no glob; Gitea then takes it literally."""


@dataclass(frozen=True)
class _Step:
    """What one character must be to get on; `chars` None stands for any, `repeat` for any number of them."""

    chars: frozenset[str] | None = None
    ranges: tuple[tuple[str, str], ...] = ()
    negated: bool = False
    crosses: bool = True
    repeat: bool = False

    def takes(self, char: str, separator: str | None) -> bool:
        if not self.crosses and char == separator:
            return False
        if self.chars is None:
            return True
        found = char in self.chars or any(low <= char <= high for low, high in self.ranges)
        return found is not self.negated


@dataclass
class _Automaton:
    """States joined by steps and by free moves; state 0 is the start."""

    steps: list[tuple[_Step, int] | None] = field(default_factory=list)
    free: list[list[int]] = field(default_factory=list)

    def state(self) -> int:
        self.steps.append(None)
        self.free.append([])
        return len(self.steps) - 1

    def closure(self, states: Iterable[int]) -> set[int]:
        found: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state not in found:
                found.add(state)
                waiting += self.free[state]
        return found


def is_plain(pattern: str) -> bool:
    """Whether Gitea takes the pattern as a plain name."""
    return not _SPECIAL.intersection(pattern)


def glob_matches(pattern: str, text: str, separator: str | None = None) -> bool:
    """Whether `text` as a whole matches; `*` and `?` don't cross a `separator`."""
    if len(pattern) > _PATTERN_LIMIT:
        return pattern == text
    try:
        return _run(pattern, text, separator)
    except _MalformedError:
        return pattern == text


def _run(pattern: str, text: str, separator: str | None) -> bool:
    automaton = _Automaton()
    end = _Parser(pattern, automaton).sequence(automaton.state(), 0)
    states = automaton.closure([0])
    for char in text:
        moved = set()
        for state in states:
            step = automaton.steps[state]
            if step is not None and step[0].takes(char, separator):
                moved.add(step[1])
        states = automaton.closure(moved)
        if not states:
            return False
    return end in states


@dataclass
class _Parser:
    """Reads a pattern from left to right and lays its states out."""

    pattern: str
    automaton: _Automaton
    place: int = 0

    def sequence(self, state: int, depth: int) -> int:
        """The state reached after the pattern up to its end, or inside braces up to `,` or `}`."""
        if depth > _DEPTH_LIMIT:
            raise _MalformedError
        while self.place < len(self.pattern):
            char = self.pattern[self.place]
            if depth and char in ",}":
                return state
            self.place += 1
            state = self._alternatives(state, depth) if char == "{" else self._joined(state, self._step(char))
        if depth:
            raise _MalformedError
        return state

    def _alternatives(self, state: int, depth: int) -> int:
        end = self.automaton.state()
        while True:
            start = self.automaton.state()
            self.automaton.free[state].append(start)
            self.automaton.free[self.sequence(start, depth + 1)].append(end)
            closing = self.pattern[self.place]
            self.place += 1
            if closing == "}":
                return end

    def _joined(self, state: int, step: _Step) -> int:
        following = self.automaton.state()
        if step.repeat:
            loop = self.automaton.state()
            self.automaton.free[state].append(loop)
            self.automaton.steps[loop] = (step, loop)
            self.automaton.free[loop].append(following)
        else:
            self.automaton.steps[state] = (step, following)
        return following

    def _step(self, char: str) -> _Step:
        if char == "*":
            several = self.pattern.startswith("*", self.place)
            while self.pattern.startswith("*", self.place):
                self.place += 1
            return _Step(repeat=True, crosses=several)
        if char == "?":
            return _Step(crosses=False)
        if char == "[":
            return self._characters()
        if char == "]" or char == "}":
            raise _MalformedError
        return _Step(chars=frozenset(self._escaped() if char == "\\" else char))

    def _escaped(self) -> str:
        if self.place >= len(self.pattern):
            raise _MalformedError
        self.place += 1
        return self.pattern[self.place - 1]

    def _characters(self) -> _Step:
        end = self.pattern.find("]", self.place + 1)
        body = self.pattern[self.place : end]
        if end < 0 or not body.removeprefix("!"):
            raise _MalformedError
        self.place = end + 1
        negated = body.startswith("!")
        body = body[1:] if negated else body
        if len(body) == 3 and body[1] == "-":
            return _Step(chars=frozenset(), ranges=((body[0], body[2]),), negated=negated)
        return _Step(chars=frozenset(body), negated=negated)
