"""What the history of all refs says of the objects that hold a secret; git begins to tell it before they are known."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from auditor.collectors.leaks.attribution import History
from auditor.collectors.leaks.ledger import Ledger
from auditor.collectors.leaks.naming import is_noteworthy
from auditor.collectors.leaks.source import Source
from auditor.collectors.leaks.task import Task
from auditor.collectors.leaks.tip import File, files_at
from auditor.collectors.leaks.walk import Answer, Git, events_in
from auditor.errors import SourceError
from auditor.text import name_text

_TIPS = (b"refs/heads/", b"refs/remotes/", b"HEAD", b"worktrees/")
_MOST_LOOKUPS = 30_000_000
# gives the history of the objects that are wanted; raises SourceError where git can't be asked
Walk = Callable[[set[str]], History]


@contextmanager
def begun_walk(source: Source, ledger: Ledger, task: Task) -> Iterator[Walk]:
    """Has git begin with the commits that are new since the last walk: it reads them while others search."""
    with ExitStack() as stack:
        try:
            git = stack.enter_context(Git.over(source.objects, source.hash_bytes))
            peeled = _peeled(git, ledger, {*source.refs.values(), *source.logged, *(task.tips or {}).values()})
            news = _begun(git, ledger, _starts(source, task, peeled))
            for log in news.logs.values():
                stack.callback(log.drop)
            walk: Walk = partial(_history, git, source, ledger, task, peeled, news)
        except SourceError as fault:
            walk = partial(_refused, fault)
        yield walk


def _refused(fault: SourceError, _wanted: set[str]) -> History:
    raise fault


def _peeled(git: Git, ledger: Ledger, oids: set[str]) -> Mapping[str, str]:
    """The commits that objects are or lead to, which never changes: new ones alone are asked for."""
    known = ledger.peeled()
    new, gone = git.commits(sorted(oids - known.keys())), known.keys() - oids
    if new or gone:
        ledger.take_peeled(new, gone)
    return {oid: commit for oid, commit in (known | new).items() if oid in oids}


def _starts(source: Source, task: Task, peeled: Mapping[str, str]) -> dict[str, bool]:
    """The commits at which history starts, and whether a ref leads there."""
    reachable = {peeled[oid] for oid in (*source.refs.values(), *(task.tips or {}).values()) if oid in peeled}
    logged = {peeled[oid] for oid in source.logged if oid in peeled}
    return dict.fromkeys(logged, False) | dict.fromkeys(reachable, True)


@dataclass(frozen=True)
class _News:
    """The logs that git writes, by whether a ref leads to their commits, and the starts that are new and gone then.

    `anew`: nothing of the former walks counts any more.
    """

    new: dict[str, bool]
    gone: frozenset[str]
    logs: dict[bool, Answer]
    anew: bool


def _begun(git: Git, ledger: Ledger, starts: dict[str, bool]) -> _News:
    walked = ledger.walked()
    if walked == starts:
        return _News({}, frozenset(), {}, anew=False)
    reachable = {oid for oid, reached in starts.items() if reached}
    logged = starts.keys() - reachable
    old = {oid for oid, reached in walked.items() if reached}
    # where a ref was rewound or removed, what it alone led to is no longer reachable: everything is asked anew
    gone = old - reachable
    anew = not old or len(git.commits(gone)) < len(gone) or git.beyond(gone, reachable)
    known = set() if anew else old
    logs = {}
    if new := reachable - known:
        # thousands of known tips take git longer than the commits of a night
        logs[True] = git.log(new, git.nearest(new, known))
    if logged if anew else logged - walked.keys():
        logs[False] = git.log(logged, reachable)
    return _News(dict(starts.items() - walked.items()), frozenset(walked.keys() - starts.keys()), logs, anew)


def _history(
    git: Git,
    source: Source,
    ledger: Ledger,
    task: Task,
    peeled: Mapping[str, str],
    news: _News,
    wanted: set[str],
) -> History:
    """Reads what git told, and looks at every tip."""
    found = {reached: list(events_in(log.read(), wanted)) for reached, log in news.logs.items()}
    unreachable = [event.unreachable() for event in found.get(False, ())]
    ledger.take_walk([*found.get(True, ()), *unreachable], news.new, news.gone, anew=news.anew)
    events = ledger.events()
    refs = defaultdict[str, list[str]](list)
    for name, oid in _tips(source, task).items():
        if oid in peeled:
            refs[peeled[oid]].append(name)
    return History(
        events=events,
        tips=_at_tips(git, ledger, set(refs), {event.path for event in events if event.path}, wanted),
        refs=refs,
        reached=frozenset(source.refs.values()),
    )


def _at_tips(
    git: Git, ledger: Ledger, commits: set[str], paths: set[bytes], wanted: set[str]
) -> Mapping[File, Sequence[str]]:
    """What is noteworthy or holds a secret at each tip; a commit never changes, so only new ones are looked at."""
    old = ledger.tips()
    new = commits - old
    if len(new) * len(paths) > _MOST_LOOKUPS:
        raise SourceError(f"{len(paths)} paths at {len(new)} tips are more than are looked up")
    if commits != old:
        noteworthy = {path for path in paths if is_noteworthy(path)}
        found = files_at(git, sorted(new), paths, lambda file: file[1] in wanted or file[0] in noteworthy)
        ledger.take_tips(found, commits)
    return ledger.at_tips()


def _tips(source: Source, task: Task) -> Mapping[str, str]:
    if task.tips is not None:
        return task.tips
    return {name_text(name): oid for name, oid in source.refs.items() if name.startswith(_TIPS)}
