"""Which contexts are required of main, and whether the protection demands each of them of a pull request."""

import re
from collections.abc import Iterable

from auditor.derive.protection.glob import glob_matches, is_plain
from auditor.frozen import frozen
from auditor.model.facts.gitea_history import Workflow, WorkflowEvent
from auditor.model.missing import MISSING, Missing

PUSH, PULL = " (push)", " (pull_request)"
_JOB = re.compile(r"(?P<workflow>.+?) / .+")


@frozen
class Required:
    """A required context: a name of `checks`, or a glob of the protection's; `stem` is it without its event.

    A `literal` one stands for itself alone; another one for the same job in any event.
    """

    name: str
    stem: str
    glob: bool
    literal: bool

    def is_met_by(self, context: str, *events: str) -> bool:
        """Whether `context` is one of its contexts for these events (`""` for a context without any)."""
        names = (self.name,) if self.literal else tuple(self.stem + event for event in events)
        return any(glob_matches(name, context) for name in names) if self.glob else context in names


def required_of(checks: Iterable[str], demanded: Iterable[str]) -> tuple[Required, ...]:
    """What is required: the `checks` of the policy file, else what the protection demands.

    The protection names the event of pull requests, whose job runs on main as a push; in `checks` an event is meant.
    """
    named = tuple(
        Required(name=name, stem=_stem(name), glob=False, literal=_stem(name) != name) for name in dict.fromkeys(checks)
    )
    return named or tuple(
        Required(name=glob, stem=_stem(glob), glob=True, literal=_stem(glob) == glob)
        for glob in dict.fromkeys(demanded)
    )


def _stem(name: str) -> str:
    return name.removesuffix(PUSH).removesuffix(PULL)


def is_demanded(required: Required, globs: Iterable[str], on_branches: bool | Missing) -> bool | Missing:
    """Whether the protection demands the context of pull requests: as theirs, or as that of pushes to their branch.

    `on_branches` says whether the workflow runs on pushes to the branches of pull requests.
    """
    patterns = tuple(globs)
    if required.glob or required.literal:
        return required.name in patterns or _demands(patterns, required.name)
    # a context that is no job's has no event in its name
    bare = () if _JOB.fullmatch(required.stem) else ("",)
    if any(_demands(patterns, required.stem + event) for event in (PULL, *bare)):
        return True
    return on_branches if _demands(patterns, required.stem + PUSH) else False


def _demands(globs: Iterable[str], context: str) -> bool:
    return any(glob_matches(glob, context) for glob in globs)


def runs_on_branches(stem: str, workflows: Iterable[Workflow] | Missing, main: str) -> bool | Missing:
    """Whether the workflow that makes the context runs on pushes to other branches than `main`; some are MISSING."""
    if workflows is MISSING:
        return MISSING
    match = _JOB.fullmatch(stem)
    answers = [_runs(one, main) for one in workflows if one.name is MISSING or (match and _title(one) == match[1])]
    return True if True in answers else MISSING if MISSING in answers else False


def _title(workflow: Workflow) -> str:
    return workflow.name if isinstance(workflow.name, str) else workflow.path.rpartition("/")[2]


def _runs(workflow: Workflow, main: str) -> bool | Missing:
    if workflow.events is MISSING or workflow.name is MISSING:
        return MISSING
    event = next((event for event in workflow.events if event.name == "push"), None)
    return False if event is None else _reaches_branches(event, main)


def _reaches_branches(event: WorkflowEvent, main: str) -> bool | Missing:
    if event.branches_ignore and not event.branches:
        return True if all(is_plain(name) for name in event.branches_ignore) else MISSING
    if not event.branches:
        return not event.tags and not event.tags_ignore
    if "**" in event.branches:
        return True
    return False if all(name == main for name in event.branches) else MISSING
