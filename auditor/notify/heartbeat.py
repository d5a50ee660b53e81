"""Tells a dead-man service that a run began, ended, or broke off; the verdict is not its matter."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from auditor.config import HeartbeatNotice
from auditor.errors import ConfigError
from auditor.interfaces import Deadline
from auditor.notify.fault import spoken
from auditor.transports.http.answer import is_success
from auditor.transports.http.fault import HttpError
from auditor.transports.http.writer import HttpWriter

_LONGEST_SECONDS = 10


@contextmanager
def beating(
    notices: Sequence[HeartbeatNotice], connect: Mapping[str, str], warn: Callable[[str], None]
) -> Iterator[None]:
    """URL/start is asked before the block, the URL after it, URL/fail where an exception ended it; `warn` is told."""
    _beat(notices, "/start", connect, warn)
    try:
        yield
    except BaseException:
        _beat(notices, "/fail", connect, warn)
        raise
    _beat(notices, "", connect, warn)


def _beat(
    notices: Sequence[HeartbeatNotice], ending: str, connect: Mapping[str, str], warn: Callable[[str], None]
) -> None:
    for notice in notices:
        try:
            url = notice.heartbeat.resolve().reveal().rstrip("/") + ending
        except ConfigError as error:
            warn(str(error))
            continue
        try:
            with HttpWriter(deadline=Deadline.after(_LONGEST_SECONDS), connect=connect) as writer:
                answer = writer.send("GET", url)
        except HttpError as error:
            warn(f"{notice.heartbeat.name}: {spoken(error, url)}")
            continue
        if not is_success(answer.status):
            warn(f"{notice.heartbeat.name}: the service answered {answer.status}: is its address still right?")
