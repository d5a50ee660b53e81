"""A tree of YAML nodes with positions, built from the parser's events: what readers could understand in two ways is
refused, and so is what would cost time or memory out of proportion."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from auditor.document.scalar import plain_value

MOST_NODES = 50_000
DEEPEST = 40
MOST_PROBLEMS = 200
Step = str | int
Position = tuple[int, int]


@dataclass(slots=True, eq=False)
class Node:
    """One node: `place` counts from 1; `start` and `end` are offsets in the text, `style` that of a scalar.

    `size` and `height` are those of the tree with every alias written out.
    """

    place: Position
    value: Any
    start: int = 0
    end: int = 0
    style: str = ""
    keys: dict[str, Position] = field(default_factory=dict)
    children: "dict[str, Node] | list[Node] | None" = None
    size: int = 1
    height: int = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a place, and the path from the root to it."""

    place: Position
    path: tuple[Step, ...]
    message: str


class Stop(Exception):  # noqa: N818 - it carries a fault to the reader and is no error of its own
    """Reading can't go on after this fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(slots=True, eq=False)
class _Frame:
    node: Node
    anchor: str | None
    key: str | None = None
    key_place: Position = (1, 1)
    waits_for_value: bool = False


class Builder:
    """Builds the tree of one document; faults that reading survives are gathered in `faults`."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self._frames: list[_Frame] = []
        self._anchors: dict[str, Node] = {}
        self._open: dict[str, int] = {}
        self._nodes = 0
        self._documents = 0

    def read(self, events: Iterable[yaml.Event]) -> None:
        """Take in all events; raises Stop, or the parser's own YAMLError."""
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._start(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._finish()
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    raise Stop(Fault(_place(event), (), "a second document starts here: one file holds one"))

    def _path(self) -> tuple[Step, ...]:
        return tuple(_steps(self._frames))

    def _fault(self, place: Position, message: str) -> None:
        self.faults.append(Fault(place, self._path(), message))
        if len(self.faults) >= MOST_PROBLEMS:
            raise Stop(Fault(place, self._path(), "too many errors: the rest is not read"))

    def _awaits_key(self) -> bool:
        if not self._frames:
            return False
        return isinstance(self._frames[-1].node.children, dict) and not self._frames[-1].waits_for_value

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        place = _place(event)
        if self._awaits_key():
            self._take_key(event, place)
            return
        node = Node(place, event.value, *_span(event), event.style or "")
        self._refuse_tag(event)
        # libyaml says '' and pure Python None for the style of a plain scalar
        if not event.style and event.tag is None:
            node.value = self._plain(event.value, place)
        self._refuse_surrogate(event.value, place)
        if event.anchor:
            self._anchors[event.anchor] = node
        self._add(node)

    def _plain(self, text: str, place: Position) -> Any:
        try:
            return plain_value(text)
        except ValueError as error:
            self._fault(place, str(error))
            return text

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            self._fault(_place(event), f"the tag '{event.tag[:40]}' is not allowed: quote a text that starts with '!'")

    def _refuse_surrogate(self, text: str, place: Position) -> None:
        if not text.isascii() and re.search("[\ud800-\udfff]", text):
            self._fault(place, "half of a surrogate pair is no character: write the whole one")

    def _take_key(self, event: yaml.ScalarEvent, place: Position) -> None:
        frame = self._frames[-1]
        key = event.value
        frame.key, frame.key_place, frame.waits_for_value = key, place, True
        self._refuse_tag(event)
        self._refuse_surrogate(key, place)
        if not event.style and event.tag is None:
            if key == "<<":
                self._fault(place, "merge keys are not allowed: write the keys out")
            self._plain(key, place)
        if key in frame.node.keys:
            self._fault(place, f"duplicate key '{key[:80]}' (first at line {frame.node.keys[key][0]})")
        elif event.anchor:
            self._anchors[event.anchor] = Node(place, key, *_span(event))

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        place = _place(event)
        if self._awaits_key():
            raise Stop(Fault(place, self._path(), "a key must be plain text: quote it if it starts with [ or {"))
        self._refuse_tag(event)
        is_map = isinstance(event, yaml.MappingStartEvent)
        node = Node(place, {} if is_map else [], children={} if is_map else [])
        self._frames.append(_Frame(node, event.anchor))
        if event.anchor:
            self._anchors.pop(event.anchor, None)
            self._open[event.anchor] = self._open.get(event.anchor, 0) + 1
        if len(self._frames) > DEEPEST:
            raise Stop(Fault(place, (), f"nested deeper than {DEEPEST} levels: write it flatter"))

    def _finish(self) -> None:
        frame = self._frames.pop()
        if frame.anchor:
            self._open[frame.anchor] -= 1
            self._anchors[frame.anchor] = frame.node
        self._add(frame.node)

    def _alias(self, event: yaml.AliasEvent) -> None:
        place, anchor = _place(event), event.anchor or ""
        if self._awaits_key():
            raise Stop(Fault(place, self._path(), "an alias can't be a key: write the key out"))
        if self._open.get(anchor):
            raise Stop(Fault(place, self._path(), f"the alias '*{anchor[:40]}' contains itself"))
        target = self._anchors.get(anchor)
        if target is None:
            message = f"the alias '*{anchor[:40]}' has no anchor: quote a text that starts with '*'"
            raise Stop(Fault(place, self._path(), message))
        self._add(target)

    def _add(self, node: Node) -> None:
        self._nodes += 1
        if not self._frames:
            self.root = node
            return
        frame = self._frames[-1]
        parent = frame.node
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        # sizes count aliases written out, so that a bomb is seen before anything walks it
        if max(self._nodes, parent.size) > MOST_NODES:
            raise Stop(Fault(node.place, (), f"more than {MOST_NODES} nodes: a policy file holds rules, not data"))
        if len(self._frames) + node.height > DEEPEST:
            raise Stop(Fault(node.place, (), f"nested deeper than {DEEPEST} levels: write it flatter"))
        _attach(frame, node)


def _attach(frame: _Frame, node: Node) -> None:
    parent = frame.node
    if isinstance(parent.children, list):
        parent.children.append(node)
        parent.value.append(node.value)
    elif isinstance(parent.children, dict) and frame.key is not None:
        # of a duplicate key the first counts: the second is an error already
        if frame.key not in parent.keys:
            parent.keys[frame.key] = frame.key_place
            parent.children[frame.key] = node
            parent.value[frame.key] = node.value
        frame.key, frame.waits_for_value = None, False


def _steps(frames: list[_Frame]) -> Iterator[Step]:
    for frame in frames:
        if isinstance(frame.node.children, list):
            yield len(frame.node.children)
        elif frame.key is not None:
            yield frame.key


def _place(event: yaml.Event) -> Position:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _span(event: yaml.Event) -> Position:
    start, end = event.start_mark, event.end_mark
    return (start.index, end.index) if start and end else (0, 0)
