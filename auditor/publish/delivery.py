"""Publishes what an audit or a gate said: one issue, one comment, one status, each edited in place."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from auditor.config import Config
from auditor.errors import AuditorError
from auditor.history.store import History
from auditor.interfaces import Deadline
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING
from auditor.model.report import Report
from auditor.publish import content
from auditor.publish.forge import Forge

RECORD = "publication"
CONTEXT = "auditor"
_BUDGET_SECONDS = 60


def publish_audit(history: History, snapshot: Snapshot, report: Report, config: Config) -> tuple[str, ...]:
    """Mirror an audit in the issue, and set main's status; gives a warning for each that could not be done."""
    asked = config.publish
    if asked is None or config.gitea is None:
        return ()

    def mirror(forge: Forge) -> None:
        _mirror(forge, history, report, private=content.is_private(snapshot))

    def mark(forge: Forge) -> None:
        tip = _tip(snapshot)
        if tip is not None:
            forge.set_status(tip, CONTEXT, content.status_state(report), content.status_text(report, history.head()))

    parts = {"issue": (asked.issue, mirror), "commit status": (asked.status, mark)}
    return tuple(_attempts(config, {name: part for name, (wanted, part) in parts.items() if wanted}))


def publish_gate(snapshot: Snapshot, report: Report, config: Config) -> tuple[str, ...]:
    """Tell the pull request that brought the gate's commit; gives a warning where that could not be done."""
    asked = config.publish
    if asked is None or config.gitea is None or not asked.comment:
        return ()

    def comment(forge: Forge) -> None:
        number = _pull(snapshot)
        if number is not None:
            _comment(forge, number, content.body(report, "gate", private=content.is_private(snapshot)), report)

    return tuple(_attempts(config, {"comment": comment}))


def _attempts(config: Config, parts: dict[str, Callable[[Forge], None]]) -> Iterator[str]:
    """Each part on its own: one that fails keeps no other from being done."""
    if config.gitea is None or config.publish is None:
        return
    connect = {one.source: one.target for one in config.connect}
    for name, part in parts.items():
        try:
            with Forge(config.gitea, config.publish, connect, Deadline.after(_BUDGET_SECONDS)) as forge:
                part(forge)
        except AuditorError as error:
            yield f"the {name} was not published: {error}"
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield f"the {name} was not published: Gitea's answer has another shape ({type(error).__name__})"


def _mirror(forge: Forge, history: History, report: Report, *, private: bool) -> None:
    """Opened at the first failure, edited in place, closed when all is green again; never a second one."""
    text = content.body(report, "issue", private=private)
    number = _known_issue(forge, history, report.run.site)
    if number is not None:
        # what is merely unknown neither opens nor closes it
        forge.edit_issue(number, text, {"compliant": "closed", "non-compliant": "open"}.get(report.verdict))
    elif report.verdict == "non-compliant":
        number = forge.open_issue(content.title(report), text)
        history.append(RECORD, {"site": report.run.site, "issue": number}, at=report.run.finished_at)


def _known_issue(forge: Forge, history: History, site: str) -> int | None:
    """Our issue: the noted one, else one that our own user opened with our mark, whose note was lost."""
    for record in reversed(history.records(RECORD)):
        noted = json.loads(record.body)
        if noted.get("site") == site:
            return int(noted["issue"])
    mark, login = content.marker("issue", site), forge.login()
    return next((int(one["number"]) for one in forge.issues() if _is_ours(one, mark, login)), None)


def _is_ours(row: dict[str, Any], mark: str, login: str) -> bool:
    """Whether an issue or comment begins with our mark and was written by our own user."""
    user = row.get("user") or {}
    return str(row.get("body", "")).startswith(mark) and user.get("login") == login


def _comment(forge: Forge, number: int, text: str, report: Report) -> None:
    mark, login = content.marker("gate", report.run.site), forge.login()
    known = next((int(one["id"]) for one in forge.comments(number) if _is_ours(one, mark, login)), None)
    if known is None:
        forge.add_comment(number, text)
    else:
        forge.edit_comment(known, text)


def _tip(snapshot: Snapshot) -> str | None:
    gitea = snapshot.gitea
    if gitea is MISSING or gitea.main is MISSING or gitea.main is None or gitea.main.commit is MISSING:
        return None
    return gitea.main.commit


def _pull(snapshot: Snapshot) -> int | None:
    """The pull request whose head or merge result the gate's commit is."""
    gitea, target = snapshot.gitea, snapshot.target
    if gitea is MISSING or gitea.pulls is MISSING or target is MISSING:
        return None
    commit = target.commit if target.commit is not MISSING else _tip(snapshot)
    return next((pull.number for pull in gitea.pulls if commit in (pull.merge_commit, pull.head_commit)), None)
