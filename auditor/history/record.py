"""What the history takes in and gives back: runs, states of findings, last judgements, records of the chain."""

from collections.abc import Mapping

from auditor.errors import HistoryError
from auditor.frozen import frozen

Body = Mapping[str, object]


class HistoryUnwritableError(HistoryError):
    """The history can't be written now: rights, a full disk, a lock held too long. A run may go on without it."""


class HistoryDamagedError(HistoryError):
    """The file is an SQLite file, and its content is broken."""


@frozen
class Run:
    """One stored run.

    `id` is a UUID version 7, times are RFC 3339 in UTC, `mode` is `audit`, `gate`, …, `counts` is canonical JSON text,
    `snapshot_sha256` is the hash of the snapshot's text in UTF-8.
    """

    id: str
    site: str
    started_at: str
    finished_at: str
    mode: str
    tool_version: str
    policy_sha256: str
    snapshot_sha256: str
    verdict: str
    counts: str
    host: str


@frozen
class FindingState:
    """What one run says of one element: `outcome` is `fail`, `unknown`, or `pass` for one seen right again."""

    fingerprint: str
    rule_id: str
    invariant: str
    severity: str
    subject: str
    outcome: str
    waived: bool
    message: str


@frozen
class Judgement:
    """That a run judged a rule; `complete`: it saw every element, so that one without a finding is right or is gone."""

    rule_id: str
    complete: bool


@frozen
class FindingLife:
    """A finding through all runs, by their moments of start.

    `failing`: seen failing, and not seen right since. `clean_at` and `since` bound the moment at which the present (or
    last) failure began: last seen clean (None: never), first seen dirty (None: unknown only). `outcome_since` is the
    start of the present outcome, `occurrences` counts the runs that saw it fail.
    """

    fingerprint: str
    rule_id: str
    invariant: str
    severity: str
    subject: str
    message: str
    outcome: str
    waived: bool
    failing: bool
    first_seen: str
    clean_at: str | None
    since: str | None
    last_seen: str
    outcome_since: str
    resolved_at: str | None
    occurrences: int


@frozen
class LastJudgement:
    """The last stored run that judged a rule; `complete_at` is the last one that saw all of its elements.

    `failing` are the findings that were seen failing and not seen right since, by fingerprint.
    """

    rule_id: str
    run_id: str
    at: str
    complete_at: str | None
    failing: Mapping[str, FindingLife]


@frozen
class ChainRecord:
    """One link of the chain; `body` is canonical JSON text, hashes are hex."""

    seq: int
    at: str
    kind: str
    body: str
    prev: str
    hash: str
