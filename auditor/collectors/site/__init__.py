"""The public website as a visitor gets it, and where its links to the issue form lead. GET alone, without a login."""

from datetime import datetime

from auditor.config import Config
from auditor.errors import ConfigError, SourceError
from auditor.interfaces import Context
from auditor.model.facts.site import Site
from auditor.text import time_text

ROUND = 2


def configured(config: Config) -> bool:
    """Whether the policy file names a website."""
    return config.site is not None


def collect(context: Context) -> Site:
    """The facts of the website; raises SourceError where the configuration lets nothing be asked."""
    from auditor.collectors.site.visit import visit

    if context.config.site is None:
        raise SourceError("no website is configured: name it under site: in policies.yaml")
    try:
        return visit(context, context.config.site)
    except ConfigError as error:
        raise SourceError(str(error)) from error


def unavailable(reason: str, now: datetime) -> Site:
    """The facts of a website of which nothing could be had."""
    return Site(available=False, error=reason, observed_at=time_text(now))
