"""The Actions workflows in a tree: which events they react to, as far as their text says so; nothing is expanded."""

import re
from typing import Any

from auditor.collectors.gitea.gap import GapList
from auditor.errors import SourceError
from auditor.model.facts.gitea_history import Workflow, WorkflowEvent, WorkflowJob
from auditor.text import printable, short
from auditor.transports.mirror.view import Entry, Mirror

_PLACE = re.compile(r"\.(?:gitea|forgejo|github)/workflows/[^/]+\.ya?ml")
_FILE_MODES = frozenset({0o100644, 0o100755})
_LARGEST_BYTES = 1 << 20
_LONGEST = 200
_MOST = 500
_FILTERS = ("branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore")


def observe_workflows(mirror: Mirror, tip: str, gaps: GapList) -> tuple[Workflow, ...]:
    """The workflows of the commit `tip`, by path."""
    files = {path: entry for path, entry in mirror.tree(tip).items() if _PLACE.fullmatch(path)}
    if len(files) > _MOST:
        raise SourceError(f"{len(files)} workflows are more than the {_MOST} that are read")
    return tuple(_workflow(mirror, path, files[path], at, gaps) for at, path in enumerate(sorted(files)))


def _workflow(mirror: Mirror, path: str, entry: Entry, at: int, gaps: GapList) -> Workflow:
    def read() -> Workflow:
        if entry.mode not in _FILE_MODES:
            raise SourceError("a workflow that is no plain file is not read")
        return parse_workflow(path, mirror.blob(entry.sha, _LARGEST_BYTES))

    place = f"workflows/{at}"
    found = gaps.attempt(f"{place}/name {place}/events {place}/jobs", read)
    return found if isinstance(found, Workflow) else Workflow(path=path)


def parse_workflow(path: str, raw: bytes) -> Workflow:
    """The workflow that a file describes; raises SourceError where it is none."""
    content = _yaml(raw)
    if not isinstance(content, dict):
        raise SourceError("the file is no workflow")
    jobs = content.get("jobs") or {}
    if not isinstance(jobs, dict):
        raise SourceError("'jobs' is no mapping")
    return Workflow(
        path=path,
        name=_text(content.get("name")) or None,
        events=_events(content.get("on")),
        jobs=tuple(WorkflowJob(id=_name(id_), name=_job_name(job)) for id_, job in jobs.items()),
    )


def _yaml(raw: bytes) -> Any:
    import yaml

    # every scalar stays text: to YAML 1.1 the key `on` is a truth value
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return yaml.load(raw.decode(), Loader=loader)  # noqa: S506 -- it makes texts, lists and mappings alone
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):
        # the cause would quote the file
        raise SourceError("the file is not YAML that can be read") from None


def _events(on: Any) -> tuple[WorkflowEvent, ...]:
    if isinstance(on, str):
        on = [on]
    if isinstance(on, list):
        return tuple(WorkflowEvent(name=_name(event)) for event in on)
    if isinstance(on, dict):
        return tuple(_event(_name(event), filters) for event, filters in on.items())
    raise SourceError("'on' names no events")


def _event(event: str, filters: Any) -> WorkflowEvent:
    if not isinstance(filters, dict):
        return WorkflowEvent(name=event)
    read = {key.replace("-", "_"): _patterns(key, filters[key]) for key in _FILTERS if key in filters}
    return WorkflowEvent(name=event, **read)


def _patterns(key: str, value: Any) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    # an empty filter would look like none
    if not isinstance(values, list) or not values or values == [""]:
        raise SourceError(f"'{key}' names no patterns")
    return tuple(_name(each) for each in values)


def _job_name(job: Any) -> str | None:
    return (_text(job.get("name")) or None) if isinstance(job, dict) else None


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise SourceError("a name in the file is no text")
    return _text(value)


def _text(value: Any) -> str:
    return short(printable(value), _LONGEST) if isinstance(value, str) else ""
