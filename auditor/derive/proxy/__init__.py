"""Which slot visitors get: what the proxy's rules say, and what a request through the public address proved.

Behaviour beats configuration: a proxy that was not reloaded serves what it has in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from auditor.config import Config
from auditor.derive.proxy.rule import SiteRule, fault_of, site_rules
from auditor.frozen import frozen
from auditor.model.facts.nas import Answer, Nas, NasSlot
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing
from auditor.once import once

_UNDECIDED = "nothing tells which slot is served: name the proxy or the site in policies.yaml"


@frozen
class SlotRole:
    """A slot and whether visitors get it; `serves_public` is whether it answers what the public address answers."""

    name: str
    port: int
    active: bool | Missing = MISSING
    answering: bool | Missing = MISSING
    serves_public: bool | Missing | None = MISSING


@frozen
class Proxy:
    """`configured` is the slot that the rules name, None where they name no single one; `seen` the one in whose log a
    request to the public address turned up, None where in none. `active` is the slot that visitors get, and `proof`
    how that is known. `fault` is what is wrong with the rules, `public_fault` with what the public address serves.
    """

    rules: tuple[SiteRule, ...] | Missing = MISSING
    configured: str | Missing | None = MISSING
    seen: str | Missing | None = MISSING
    active: str | Missing | None = MISSING
    proof: Literal["request", "content", "rules", "alone"] | None = None
    slots: tuple[SlotRole, ...] | Missing = MISSING
    fault: str | Missing | None = MISSING
    public_fault: str | Missing | None = MISSING
    public_is: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()


@once
def derive(snapshot: Snapshot, config: Config) -> Proxy:
    """The slot that visitors get."""
    nas = snapshot.nas
    if nas is MISSING or config.nas is None:
        return Proxy()
    if not nas.available:
        return Proxy(gaps=(Gap(pointer="/proxy", reason=f"nas is unavailable: {nas.error}"),))
    if nas.slots is MISSING:
        reason = Gap(pointer="/proxy", reason="the slots were not observed")
        return Proxy(gaps=carried(nas.gaps, ("/nas/slots",), "/proxy") or (reason,))
    target = snapshot.target
    slot = target.slot if target is not MISSING and target.stage == "after" else None
    return _Work(nas, nas.slots, config, slot if isinstance(slot, str) else None).proxy()


@dataclass(frozen=True)
class _Work:
    nas: Nas
    slots: tuple[NasSlot, ...]
    config: Config
    switched_to: str | None

    def proxy(self) -> Proxy:
        rules, configured, fault = self._rules()
        seen = self._seen()
        active, proof = self._active(configured, seen)
        public_fault = self._public_fault(active)
        return Proxy(
            rules=rules,
            configured=configured,
            seen=seen[0] if isinstance(seen, tuple) and len(seen) == 1 else None if isinstance(seen, tuple) else seen,
            active=active,
            proof=proof,
            slots=tuple(self._role(slot, active) for slot in self.slots),
            fault=self._unswitched(active) or self._whole_fault(fault, configured, seen),
            public_fault=public_fault,
            public_is=tuple(slot.name for slot in self.slots if self._serves(slot) is True),
            gaps=tuple(self._gaps(active, public_fault)),
        )

    def _rules(self) -> tuple[tuple[SiteRule, ...] | Missing, str | Missing | None, str | Missing | None]:
        """The site's rules, the one slot that they name, and what is wrong with them."""
        proxy = self.nas.proxy
        if proxy is MISSING or proxy.rules is MISSING:
            return MISSING, MISSING, MISSING
        if proxy.kind == "none":
            return (), None, None
        if not proxy.rules and any(source.state in ("refused", "damaged") for source in proxy.sources):
            # DSM 7.4 leaves its store empty: without another source nothing says that there is no rule
            return MISSING, MISSING, MISSING
        rules = site_rules(proxy.rules, self.config)
        host = urlsplit(self.config.site.url).hostname if self.config.site else None
        fault = fault_of(rules, host is not None, host or "")
        return rules, rules[0].slot if fault is None else None, fault

    @property
    def _expects_request(self) -> bool:
        """Whether a request to the public address was sent that a slot's log must hold."""
        assert self.config.nas is not None  # noqa: S101 - derive looked
        return self.config.site is not None and self.config.nas.docker != "none"

    def _seen(self) -> tuple[str, ...] | Missing:
        """The slots whose log holds the request."""
        if not self._expects_request:
            return ()
        if any(slot.saw_visit is MISSING for slot in self.slots):
            return MISSING
        return tuple(slot.name for slot in self.slots if slot.saw_visit is True)

    def _active(
        self, configured: str | Missing | None, seen: tuple[str, ...] | Missing
    ) -> tuple[str | Missing | None, Literal["request", "content", "rules", "alone"] | None]:
        if seen is MISSING:
            return MISSING, None
        if len(seen) == 1:
            return seen[0], "request"
        if configured is MISSING:
            return MISSING, None
        if configured is not None:
            return configured, "rules"
        return self._without_rules()

    def _without_rules(self) -> tuple[str | Missing | None, Literal["content", "alone"] | None]:
        """Rules that name no single slot, or no proxy at all: what is served may still tell."""
        if self.config.site is not None:
            served = [self._serves(slot) for slot in self.slots]
            if MISSING not in served and served.count(True) == 1:
                return self.slots[served.index(True)].name, "content"
        elif len(self.slots) == 1 and self.config.nas and self.config.nas.proxy.kind == "none":
            return self.slots[0].name, "alone"
        return MISSING, None

    def _serves(self, slot: NasSlot) -> bool | Missing | None:
        """Whether a slot answers the public page with the same bytes; None without `site:`."""
        if self.config.site is None:
            return None
        public = self.nas.public
        answer = _answer(slot, public)
        if public is MISSING or public is None or answer is MISSING:
            return MISSING
        if answer is None:
            return False
        if public.sha256 is None or answer.sha256 is None or not (public.complete and answer.complete):
            return False if public.status != answer.status else MISSING
        return (public.status, public.sha256) == (answer.status, answer.sha256)

    def _role(self, slot: NasSlot, active: str | Missing | None) -> SlotRole:
        return SlotRole(
            name=slot.name,
            port=slot.port,
            active=MISSING if active is MISSING else slot.name == active,
            answering=slot.answering,
            serves_public=self._serves(slot),
        )

    def _whole_fault(
        self, fault: str | Missing | None, configured: str | Missing | None, seen: tuple[str, ...] | Missing
    ) -> str | Missing | None:
        if fault is not None:
            return fault
        if seen is MISSING:
            return MISSING
        if len(seen) > 1:
            return f"one request reached {' and '.join(seen)}"
        if seen and configured not in (None, MISSING, seen[0]):
            return f"the rules say {configured}, and a request reached {seen[0]}: the proxy was not reloaded"
        return None

    def _unswitched(self, active: str | Missing | None) -> str | None:
        """What is wrong where the gate names the slot that visitors are to get."""
        if self.switched_to is None or active in (None, MISSING, self.switched_to):
            return None
        return f"visitors get {active}, and the proxy was to be switched to {self.switched_to}"

    def _public_fault(self, active: str | Missing | None) -> str | Missing | None:
        public = self.nas.public
        if self.config.site is None:
            return None
        if active is MISSING or active is None or public is MISSING or public is None:
            return MISSING
        slot = next((one for one in self.slots if one.name == active), None)
        serves = MISSING if slot is None else self._serves(slot)
        if serves is None or serves is MISSING:
            return MISSING
        if public.status is None:
            return "the public address gave no answer"
        if serves:
            return None
        other = next((one.name for one in self.slots if self._serves(one) is True), None)
        return f"it serves what {other} serves" if other else f"it serves what no slot serves (status {public.status})"

    def _gaps(self, active: str | Missing | None, public_fault: str | Missing | None) -> Iterator[Gap]:
        yield from carried(self.nas.gaps, ("/nas/proxy",), "/proxy/fault")
        below = tuple(f"/nas/slots/{index}/saw_visit" for index in range(len(self.slots)))
        for name in ("fault", "active", "slots"):
            yield from carried(self.nas.gaps, below, f"/proxy/{name}") if self._expects_request else ()
        if active is MISSING:
            yield from carried(self.nas.gaps, ("/nas/proxy",), "/proxy/slots")
            for name in ("active", "slots"):
                yield Gap(pointer=f"/proxy/{name}", reason=_UNDECIDED)
        if public_fault is MISSING:
            yield from carried(self.nas.gaps, ("/nas/public",), "/proxy/public_fault")
            yield Gap(pointer="/proxy/public_fault", reason="the public page or the slot's was not observed")


def _answer(slot: NasSlot, public: Answer | Missing | None) -> Answer | Missing | None:
    """The slot's answer to the path that was asked of the public address; None where the slot gave none."""
    if slot.answers is MISSING or public is MISSING or public is None:
        return MISSING
    found = next((one for one in slot.answers if one.path == public.path), None)
    if found is None:
        # a path that the slot was not asked for
        return None if slot.answering is False else MISSING
    return found
