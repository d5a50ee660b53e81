"""The NAS witness: the one script that runs there, and pure parsers of what it prints. No parser opens a connection."""

from datetime import datetime

from auditor.config import Config
from auditor.errors import ConfigError, SourceError
from auditor.interfaces import Context
from auditor.model.facts.nas import Nas
from auditor.text import time_text

ROUND = 1


def configured(config: Config) -> bool:
    """Whether the policy file names a NAS."""
    return config.nas is not None


def collect(context: Context) -> Nas:
    """The facts of one visit; raises SourceError where nothing of the NAS is to be had."""
    from auditor.collectors.nas.observation import observe

    if context.config.nas is None:
        raise SourceError("no NAS is configured: name it under nas: in policies.yaml")
    try:
        return observe(context, context.config.nas)
    except ConfigError as error:
        raise SourceError(str(error)) from error


def unavailable(reason: str, now: datetime) -> Nas:
    """The facts of a NAS of which nothing could be had."""
    return Nas(available=False, error=reason, observed_at=time_text(now), access="probe")
