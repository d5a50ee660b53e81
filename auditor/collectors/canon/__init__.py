"""Gitea's objects as the measure of every other witness: the commits that the first round names, and their trees."""

from datetime import datetime

from auditor.config import Config
from auditor.interfaces import Context
from auditor.model.facts.canon import Canon
from auditor.text import time_text

ROUND = 2


def configured(config: Config) -> bool:
    """Whether there is a server, of which the first round copied the objects."""
    return config.gitea is not None


def collect(context: Context) -> Canon:
    """The facts, read from the auditor's own copy; raises SourceError where this run brought none up to date."""
    from auditor.collectors.canon.observation import observe

    return observe(context)


def unavailable(reason: str, now: datetime) -> Canon:
    """The facts of a copy of which nothing could be had."""
    return Canon(available=False, error=reason, observed_at=time_text(now))
