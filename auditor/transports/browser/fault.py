"""What goes wrong with a browser, each as one line; what the driver says is quoted short and harmless."""

import re

from auditor.errors import TransportError
from auditor.text import printable, short

# Chromium's own log, which the driver quotes line by line
_CAUSE = re.compile(r"No usable sandbox|:(?:FATAL|ERROR):")


class BrowserError(TransportError):
    """The browser can't be had, or did not do what it was asked."""


class PageError(BrowserError):
    """One page can't be opened; others may."""


def fault_text(error: Exception) -> str:
    """The line of what the driver says that names the cause, else the first, harmless and cut."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [line for line in lines if _CAUSE.search(line)]
    return short(printable(next(iter((*causes, *lines)), type(error).__name__)), 200)
