"""The links to the issue form as tables: what is declared, what each origin serves, and what a visitor then meets."""

from collections.abc import Iterator, Sequence

from auditor.cli.narrow import fitting, wrapped
from auditor.config import Config
from auditor.derive.link import derive
from auditor.derive.link.target import Fault, LinkTarget
from auditor.derive.link.value import LinkValue
from auditor.derive.variable import Declaration
from auditor.derive.variable import derive as derive_variables
from auditor.model.facts.site import Click, Serving
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING, Missing
from auditor.text import printable, short

_STEPS = (
    ("the repository", "exists_fault"),
    ("its issues", "issues_fault"),
    ("title and body", "form_fault"),
    ("the login", "login_fault"),
    ("the base", "base_fault"),
)
_NO_BUTTON = "is this a page that has the button?"
_WIDEST = 60
_WIDEST_LINE = 250


def link_table(snapshot: Snapshot, config: Config, width: int) -> str:
    """The tables: the places that declare a value, each origin, each repository that links lead to."""
    links = derive(snapshot, config)
    values = () if links.values is MISSING else links.values
    reason = None if snapshot.site is MISSING else snapshot.site.browser_reason
    blocks = [
        _origin(one, [value for value in values if value.origin == one.origin], reason, width)
        for one in _servings(snapshot)
    ]
    declared = derive_variables(snapshot, config).places
    blocks = [*([_declared(declared, width)] if declared is not MISSING and declared else []), *blocks]
    blocks += [_target(one, width) for one in (() if links.targets is MISSING else links.targets)]
    return "".join(f"{block}\n\n" for block in blocks)


def _servings(snapshot: Snapshot) -> Iterator[Serving]:
    if snapshot.site is not MISSING and snapshot.site.public is not MISSING:
        yield snapshot.site.public
    nas = snapshot.nas
    for slot in () if nas is MISSING or nas.slots is MISSING else nas.slots:
        if slot.serving is not MISSING:
            yield slot.serving


def _clicks(serving: Serving, reason: str | None) -> Iterator[str]:
    """What was pressed on the pages of an origin, and where it led; without a browser, why it is not known."""
    if serving.clicks is MISSING:
        yield f"reconstructed, not clicked{f': {_clean(reason, _WIDEST_LINE)}' if reason else ''}"
        return
    for one in serving.clicks:
        yield _clean(f"clicked on {one.page}: {_trail(one)}", _WIDEST_LINE)
    if not serving.clicks:
        yield "reconstructed, not clicked: nothing that proposes something was found to press"
    yield from _unpressed(serving, serving.clicks)


def _refused(serving: Serving) -> Iterator[str]:
    """The pages that were not answered with a page."""
    for one in serving.files:
        if one.role == "page" and one.status != 200:
            yield _clean(f"{one.path} {f'answered {one.status}' if one.status else 'was not answered'}")


def _unpressed(serving: Serving, clicks: Sequence[Click]) -> Iterator[str]:
    """The pages that propose something and were read alone, each build by one of them."""
    pressed = {one.page for one in clicks}
    for flow in serving.flows:
        pages = (flow.page, *flow.alike)
        rest = [page for page in pages if page not in pressed]
        like = next((page for page in pages if page in pressed), None)
        if rest:
            why = "nothing of them was clicked" if like is None else f"they are built like {like}"
            yield _clean(f"read, not clicked: {_where(rest)}: {why}", _WIDEST_LINE)


def _trail(click: Click) -> str:
    led = "nothing was opened" if click.url is None else f"{click.url} ({click.opened_by})"
    return f"{' → '.join((*click.steps, led))}"


def _origin(serving: Serving, values: list[LinkValue], reason: str | None, width: int) -> str:
    name = printable(serving.origin)
    lines = [*_refused(serving), *_clicks(serving, reason)]
    if not values:
        lines.insert(0, f"{name}: no link to an issue form, and none of its values, was found: {_NO_BUTTON}")
    text = [part for line in lines for part in wrapped(line, width)]
    table = [fitting(_rows(values), (name, "served", "evidence", "where", "verdict"), width)] if values else []
    return "\n".join((*table, *text))


def _rows(values: Sequence[LinkValue]) -> list[list[str]]:
    """One row for each value and verdict: a site repeats its link on every page."""
    places: dict[tuple[str, str, str, str], dict[str, None]] = {}
    for one in values:
        verdict = next((fault for fault in (one.fault, one.case_fault) if fault is not None), None)
        place = one.path if one.line is None else f"{one.path}:{one.line}"
        evidence = f"{one.tier}, clicked" if one.clicked and one.tier != "clicked" else one.tier
        places.setdefault((one.variable, _shown(one.value), evidence, _said(verdict)), {})[place] = None
    return [[*key[:3], _where(list(known)), key[3]] for key, known in places.items()]


def _where(places: Sequence[str]) -> str:
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return _clean(places[0]) + more


def _declared(places: Sequence[Declaration], width: int) -> str:
    rows = [[one.source, _clean(one.place), one.variable, _shown(one.value), _word(one)] for one in places]
    return fitting(rows, ("declared", "place", "variable", "value", "verdict"), width)


def _word(one: Declaration) -> str:
    """The verdict; a place that no build reads has none."""
    note = f": {_clean(one.note)}" if one.note else ""
    if one.decides is False:
        return f"this place does not decide{note}"
    if one.agrees is MISSING or one.decides is MISSING:
        return f"not known{note}"
    return "right" if one.agrees else f"it is not '{_clean(one.canonical)}'{note}"


def _shown(value: str | Missing) -> str:
    return "not known" if value is MISSING else _clean(value) or "(empty)"


def _target(target: LinkTarget, width: int) -> str:
    rows = [[name, _step(target, field)] for name, field in _STEPS]
    note = f" ({target.note})" if target.note else ""
    return fitting(rows, (_clean(target.name) + note, "what a visitor meets"), width)


def _step(target: LinkTarget, field: str) -> str:
    fault: Fault = getattr(target, field)
    return "not asked" if fault is MISSING and target.exists is False else _said(fault)


def _said(fault: Fault) -> str:
    return "right" if fault is None else "not known" if fault is MISSING else printable(str(fault))


def _clean(text: str, widest: int = _WIDEST) -> str:
    return short(printable(text), widest)
