"""The developer's clone, read from its files alone: no program runs, nothing is written, locked or refreshed."""

from datetime import datetime

from auditor.config import Config
from auditor.errors import SourceError
from auditor.interfaces import Context
from auditor.model.facts.local import Local
from auditor.text import time_text

ROUND = 1


def configured(config: Config) -> bool:
    """Whether the policy file names a clone."""
    return config.local is not None


def collect(context: Context) -> Local:
    """The facts of the configured clone; raises SourceError where there is none."""
    from auditor.collectors.local.clone import observe

    section, gitea = context.config.local, context.config.gitea
    if section is None:
        raise SourceError("no clone is configured: name its folder under local: in policies.yaml")
    if context.own.listening:
        from auditor.collectors.local.own_value import share_own_values

        share_own_values(context)
    return observe(
        section.path,
        remote=section.remote,
        branch=section.branch or (gitea.branch if gitea else "main"),
        now=context.now,
        deadline=context.deadline,
        progress=context.progress,
    )


def unavailable(reason: str, now: datetime) -> Local:
    """The facts of a clone of which nothing could be had."""
    return Local(available=False, error=reason, observed_at=time_text(now))
