"""Why production is not what main says: the cause that explains it, and those that were ruled out."""

from collections.abc import Iterable

from auditor.config import Config
from auditor.derive import hotfix as hotfix_of
from auditor.derive import production as production_of
from auditor.derive.cause.content import content_verdicts
from auditor.derive.cause.place import Verdict, place_verdicts
from auditor.derive.production import Production
from auditor.frozen import frozen
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING


@frozen
class RuledOut:
    """A cause that does not explain it, and why."""

    name: str
    why: str


@frozen
class Explanation:
    """`name` is stale, rolled-back, wrong-branch, rewritten-main, hotfix, partial-deployment, build-artefact,
    tampering, none (there is nothing to explain) or unknown; `text` says what speaks for it.
    """

    name: str
    text: str
    ruled_out: tuple[RuledOut, ...] = ()


@frozen
class Cause:
    """Of the deployed commit's place against main's tip, and of the files against that commit."""

    place: Explanation
    files: Explanation


def derive(snapshot: Snapshot, config: Config) -> Cause:
    """What explains the state of production; evidence for a reader, no rule's ground."""
    production = production_of.derive(snapshot, config)
    hotfix = hotfix_of.derive(snapshot, config)
    settled = hotfix.changes is not MISSING and not any(one.counts for one in hotfix.changes)
    return Cause(
        place=_explanation(place_verdicts(snapshot, config, production), settled=_is_right(production)),
        files=_explanation(content_verdicts(snapshot, hotfix), settled=settled),
    )


def _is_right(production: Production) -> bool:
    return production.is_main is True and production.deployed == production.commit


def _explanation(verdicts: Iterable[Verdict], *, settled: bool) -> Explanation:
    if settled:
        return Explanation(name="none", text="there is nothing to explain")
    known = tuple(verdicts)
    found = next((one for one in known if one.holds), None)
    ruled_out = tuple(RuledOut(name=one.name, why=one.text) for one in known if not one.holds)
    if found is None:
        return Explanation(name="unknown", text="nothing that was observed explains it", ruled_out=ruled_out)
    return Explanation(name=found.name, text=found.text, ruled_out=ruled_out)
