"""The Gitea or Forgejo that is the truth: its main branch and what protects it. Only read, with the least of rights."""

from datetime import datetime

from auditor.config import Config
from auditor.errors import ConfigError, SourceError
from auditor.interfaces import Context
from auditor.model.facts.gitea import Gitea
from auditor.text import time_text

ROUND = 1


def configured(config: Config) -> bool:
    """Whether the policy file names a server."""
    return config.gitea is not None


def collect(context: Context) -> Gitea:
    """The facts of the configured repository; raises SourceError where the server or the token is not to be had."""
    from auditor.collectors.gitea.visit import visit

    if context.config.gitea is None:
        raise SourceError("no server is configured: name it under gitea: in policies.yaml")
    try:
        return visit(context, context.config.gitea)
    except ConfigError as error:
        raise SourceError(str(error)) from error


def unavailable(reason: str, now: datetime) -> Gitea:
    """The facts of a server of which nothing could be had."""
    return Gitea(available=False, error=reason, observed_at=time_text(now))
