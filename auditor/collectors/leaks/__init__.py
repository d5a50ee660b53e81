"""The secrets in the repositories: Gitea's objects, from the auditor's own copy, and the clone's."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from auditor.config import Config
    from auditor.interfaces import Context
    from auditor.model.facts.leaks import Leaks

ROUND = 2


def configured(config: "Config") -> bool:
    """Whether there is a repository to search."""
    return config.gitea is not None or config.local is not None


def collect(context: "Context") -> "Leaks":
    """The facts; raises SourceError where no repository can be searched."""
    from auditor.collectors.leaks.observation import observe

    return observe(context)


def unavailable(reason: str, now: "datetime") -> "Leaks":
    """The facts of a search that could not be made."""
    from auditor.model.facts.leaks import Leaks
    from auditor.text import time_text

    return Leaks(available=False, error=reason, observed_at=time_text(now))
