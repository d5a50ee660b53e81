"""The rules of the reverse proxy before the slots, by each source that tells them."""

from typing import Literal

from auditor.frozen import frozen
from auditor.model.missing import MISSING, Missing


@frozen
class ProxyRule:
    """A rule as one source tells it; host and port are the frontend's; an empty host or `*` is any."""

    source: str
    id: str
    description: str
    scheme: Literal["http", "https"]
    host: str
    port: int
    backend_scheme: Literal["http", "https"]
    backend_host: str
    backend_port: int


@frozen
class ProxySource:
    """A place that was asked for rules, and whether it could be read; `absent` is no fault."""

    name: str
    state: Literal["read", "absent", "refused", "damaged"]
    rule_count: int


@frozen
class ReverseProxy:
    """What stands before the slots, by each source that could be read: they can disagree.

    `rules` is MISSING where none could be read.
    """

    kind: Literal["dsm", "nginx", "none"]
    sources: tuple[ProxySource, ...]
    rules: tuple[ProxyRule, ...] | Missing = MISSING
