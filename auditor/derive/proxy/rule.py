"""What the proxy's rules say: which of them are the site's, and to which slot each leads."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from auditor.config import Config, Nas
from auditor.frozen import frozen
from auditor.model.facts.nas_proxy import ProxyRule

_LOOPBACK = ("localhost", "::1", "[::1]", "0.0.0.0", "host.docker.internal")  # noqa: S104 - compared, never listened on


@frozen
class SiteRule:
    """A rule for the site; `front` and `target` are addresses, `slot` the one behind it, None for any other place."""

    source: str
    id: str
    front: str
    target: str
    slot: str | None


def site_rules(rules: tuple[ProxyRule, ...], config: Config) -> tuple[SiteRule, ...]:
    """The rules for the host of `site.url`; without `site:` each that points at a slot's port."""
    nas = config.nas
    if nas is None:
        return ()
    if config.site is None:
        found = (_site_rule(rule, nas) for rule in rules)
        return tuple(rule for rule in found if rule.slot is not None)
    host = (urlsplit(config.site.url).hostname or "").lower()
    exact = [rule for rule in rules if rule.host == host]
    return tuple(_site_rule(rule, nas) for rule in exact or _wider(rules, host))


def _wider(rules: tuple[ProxyRule, ...], host: str) -> Iterator[ProxyRule]:
    """The rules that take any host count where none names this one."""
    wild = [rule for rule in rules if rule.host.startswith("*.") and fnmatchcase(host, rule.host)]
    yield from wild or (rule for rule in rules if rule.host in ("", "*"))


def _site_rule(rule: ProxyRule, nas: Nas) -> SiteRule:
    slot = next((slot.name for slot in nas.slots if slot.port == rule.backend_port), None)
    return SiteRule(
        source=rule.source,
        id=rule.id,
        front=f"{rule.scheme}://{rule.host or '*'}:{rule.port}",
        target=f"{rule.backend_scheme}://{rule.backend_host}:{rule.backend_port}",
        slot=slot if is_here(rule.backend_host, nas) else None,
    )


def is_here(host: str, nas: Nas) -> bool:
    """Whether an address is the NAS's own, as far as the policy file says."""
    own = nas.ssh.rpartition("@")[2].rsplit(":", 1)[0].lower() if nas.ssh else None
    return host in _LOOPBACK or host.startswith("127.") or host == own


def fault_of(rules: tuple[SiteRule, ...], known: bool, host: str) -> str | None:
    """What keeps the rules from pointing at exactly one slot; `known` is whether there are rules of others."""
    if not rules:
        return f"no rule is for {host}" if known else "no rule points at a slot"
    astray = next((rule for rule in rules if rule.slot is None), None)
    if astray is not None:
        return f"{astray.front} leads to {astray.target}, which is no known slot ({astray.source})"
    if len({rule.slot for rule in rules}) == 1:
        return None
    by_source: dict[str, set[str]] = {}
    for rule in rules:
        by_source.setdefault(rule.source, set()).add(str(rule.slot))
    said = [f"{source} says {' and '.join(sorted(slots))}" for source, slots in by_source.items()]
    if all(len(slots) == 1 for slots in by_source.values()):
        return f"the sources disagree: {', '.join(said)}"
    fronts = ", ".join(f"{rule.front} leads to {rule.slot}" for rule in rules)
    return f"the site's rules disagree: {fronts}"
