"""What a slot serves of the link to the issue form, read from the bytes that the visit brought along."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from auditor.collectors.nas.click import Click
from auditor.collectors.nas.slot import NOT_FOUND_PATH, SlotAnswer, SlotPages
from auditor.config import Config, Slot
from auditor.detector.judgement import SecretJudge
from auditor.extraction.reading import Reading
from auditor.extraction.term import terms_of
from auditor.model.facts.nas import Answer
from auditor.model.facts.site import Fetched, Role, Serving
from auditor.text import short

# the probe's own: what a page names, and what that names
_DEEPEST = 2


@dataclass(frozen=True)
class SlotServing:
    """The facts; `faults` say what of it could not be read, `unsearched` where not everything was searched."""

    serving: Serving
    faults: tuple[str, ...]
    unsearched: tuple[str, ...]


@dataclass
class ServingReader:
    """Reads slots; two that answered alike are read once. `key` is that of the HMACs, None: nobody looks for secrets.

    `click` adds what a browser sees, None: nobody clicks.

    Pages are read as if they stood at the site's own address, which is what their links are made for.
    """

    config: Config
    key: bytes | None
    expired: Callable[[], bool]
    click: Click | None = None
    _known: dict[tuple[Answer, ...], SlotServing] = field(default_factory=dict)

    def read(self, slot: Slot, pages: SlotPages) -> SlotServing:
        """What the slot serves."""
        answers = tuple(one.fact for one in pages.answers)
        if answers not in self._known:
            self._known[answers] = self._read(slot, pages)
        known = self._known[answers]
        own = replace(known.serving, origin=f"slot:{slot.name}", address=_address(slot))
        return replace(known, serving=own)

    def _read(self, slot: Slot, pages: SlotPages) -> SlotServing:
        judge = None if self.key is None else SecretJudge(self.key)
        reading = Reading(
            origin=f"slot:{slot.name}",
            address=_address(slot) if self.config.site is None else self.config.site.url,
            terms=terms_of(self.config, _address(slot)),
            judge=judge,
            expired=self.expired,
        )
        lacking = [*_taken(reading, pages)]
        serving = reading.serving()
        if self.click is not None:
            serving = self.click(serving, pages)
        faults = (*lacking, *reading.faults)
        return SlotServing(serving, faults, () if judge is None else judge.unfinished)


def _address(slot: Slot) -> str:
    return f"http://127.0.0.1:{slot.port}/"


def _taken(reading: Reading, pages: SlotPages) -> Iterable[str]:
    """Puts pages and the scripts that they really name into `reading`; what is named and not there is a fault."""
    answers = {one.fact.path: one for one in pages.answers}
    named: dict[str, None] = {}
    for path, one in answers.items():
        if one.fact.depth == 0:
            yield from _faults(one.fact, path)
            named.update(dict.fromkeys(_added(reading, one, "not-found" if path == NOT_FOUND_PATH else "page")))
    seen: set[str] = set()
    for _ in range(_DEEPEST):
        wanted, named = [path for path in named if path not in seen], {}
        seen.update(wanted)
        for path in wanted:
            script = answers.get(path)
            if script is None:
                yield f"the script '{path}' is named, and was not fetched"
                continue
            yield from _faults(script.fact, path)
            named.update(dict.fromkeys(_added(reading, script, "script")))


def _added(reading: Reading, one: SlotAnswer, role: Role) -> tuple[str, ...]:
    fact = one.fact
    fetched = Fetched(
        path=fact.path,
        role=role,
        depth=max(0, fact.depth - 1),
        status=fact.status,
        location=None if fact.location is None else fact.location.partition("?")[0],
        content_type=None if fact.content_type is None else short(fact.content_type, 100),
        size=fact.size,
        sha256=fact.sha256,
        complete=fact.complete,
    )
    return tuple(map(reading.path_of, reading.add(fetched, one.body)))


def _faults(fact: Answer, path: str) -> Iterable[str]:
    if fact.status is None:
        yield f"'{path}' was not answered"
    elif path != NOT_FOUND_PATH and fact.status != 200:
        yield f"'{path}' answered {fact.status}: is the site whole?"
    elif not fact.complete:
        yield f"'{path}' is larger than is fetched: the rest was not read"
