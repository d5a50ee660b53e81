"""The CI variables of the repository, which only an owner may see: plain text, judged in memory and dropped."""

from typing import Any

from auditor.collectors.gitea.api import Api
from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.record import Record
from auditor.collectors.gitea.refusal import OWNER
from auditor.collectors.gitea.value import MalformedError, name
from auditor.confidence import Confidence
from auditor.detector.key_name import looks_secret
from auditor.detector.public_value import public_value
from auditor.detector.search import search
from auditor.model.facts.gitea import CiVariable
from auditor.model.missing import Missing


def observe_variables(api: Api, gaps: GapList, own: Confidence) -> tuple[CiVariable, ...] | Missing:
    """All variables by name, of the repository alone: those of its owner and of the server are other endpoints'."""

    def ask() -> tuple[CiVariable, ...]:
        rows = api.items("R/actions/variables", OWNER)
        found = [_variable(Record(row, f"variables/{at}", gaps), gaps, own) for at, row in enumerate(rows)]
        return tuple(sorted(found, key=lambda one: one.name))

    return gaps.attempt("variables", ask)


def _variable(record: Record, gaps: GapList, own: Confidence) -> CiVariable:
    known, value = record.need("name", name), record.need("data", _text)
    own.hear("gitea", f"variable:{known}", value.encode("utf-8", "surrogatepass"))
    found = search(f"{known}={value}", place="", key=b"")
    if not found.complete:
        gaps.add("variables", f"the variable {known} holds more than could be searched for secrets")
    kinds = tuple(dict.fromkeys(one.kind for one in found.secrets))
    return CiVariable(
        name=known,
        has_value=bool(value),
        looks_secret=bool(value) and (looks_secret(known) or bool(kinds)),
        kinds=kinds,
        value=None if kinds else public_value(known, value),
    )


def _text(value: Any) -> str:
    """The value as it is; an error says nothing of it."""
    if not isinstance(value, str):
        raise MalformedError("it is no text")
    return value
