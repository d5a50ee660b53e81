"""Who says which commit: every witness beside main's tip, the odd ones out, and the link at which the chain breaks."""

from collections.abc import Iterator
from typing import Literal

from auditor.config import Config
from auditor.derive import drift as drift_of
from auditor.derive import image as image_of
from auditor.derive import production as production_of
from auditor.derive import proxy as proxy_of
from auditor.derive.drift import Drift
from auditor.derive.image import Images, SlotImage
from auditor.derive.production import Production
from auditor.derive.proxy import Proxy
from auditor.frozen import frozen
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING, Missing


@frozen
class Statement:
    """The commit that a witness stands for; None where it is of none, `agrees` is against main's tip."""

    witness: str
    commit: str | Missing | None = MISSING
    agrees: bool | Missing = MISSING


@frozen
class ChainLink:
    """One step from the commit to the public bytes; `why` says what is broken or not known."""

    name: Literal["commit", "files", "image", "container", "slot", "proxy", "public"]
    state: Literal["holds", "broken", "unknown"]
    why: str = ""


@frozen
class Agreement:
    """`odd` are the witnesses that don't stand for main's tip; `broken_at` is the first broken link, None: none is.

    `active` is the slot that the proxy serves, None where there is none, or it is not known.
    """

    statements: tuple[Statement, ...]
    odd: tuple[str, ...]
    links: tuple[ChainLink, ...]
    broken_at: str | None
    active: str | None = None


def derive(snapshot: Snapshot, config: Config) -> Agreement:
    """The matrix and the chain, as far as this run asked."""
    production = production_of.derive(snapshot, config)
    drift, images = drift_of.derive(snapshot, config), image_of.derive(snapshot, config)
    proxy = proxy_of.derive(snapshot, config)
    statements = tuple(_statements(snapshot, config, (production, drift, images, proxy)))
    links = () if snapshot.nas is MISSING else tuple(_links(production, drift, images, proxy))
    return Agreement(
        statements=statements,
        odd=tuple(one.witness for one in statements if one.agrees is False),
        links=links,
        broken_at=next((link.name for link in links if link.state == "broken"), None),
        active=None if proxy.active is MISSING else proxy.active,
    )


def _statements(
    snapshot: Snapshot, config: Config, derived: tuple[Production, Drift, Images, Proxy]
) -> Iterator[Statement]:
    production, drift, images, proxy = derived
    main = production.main
    local, gitea = snapshot.local, snapshot.gitea
    if local is not MISSING and local.main is not MISSING:
        yield _statement("local", local.main.commit, main)
    if gitea is not MISSING:
        yield _statement("gitea", main, main)
    if snapshot.nas is MISSING:
        return
    yield _statement("nas", production.deployed, main)
    same = drift.changed == () and drift.extra is not MISSING and not any(one.counts for one in drift.extra)
    yield _statement("nas files", drift.commit if same else None if drift.changed is not MISSING else MISSING, main)
    slots = {slot.name: slot for slot in (() if images.slots is MISSING else images.slots)}
    for slot in slots.values():
        yield _statement(slot.name, _commit_of(slot), main)
    if config.site is not None:
        served = [slots[name] for name in proxy.public_is if name in slots]
        active = next((one for one in served if one.name == proxy.active), None)
        public = active or next(iter(served), None)
        unserved: Missing | None = MISSING if proxy.public_fault is MISSING else None
        yield _statement("public", unserved if public is None else _commit_of(public), main)


def _commit_of(slot: SlotImage) -> str | Missing | None:
    return slot.commit or (None if slot.present is False else MISSING)


def _statement(witness: str, commit: str | Missing | None, main: str | Missing) -> Statement:
    if commit is MISSING or main is MISSING:
        return Statement(witness=witness, commit=commit)
    return Statement(witness=witness, commit=commit, agrees=commit is not None and main.startswith(commit))


def _links(production: Production, drift: Drift, images: Images, proxy: Proxy) -> Iterator[ChainLink]:
    slots = () if images.slots is MISSING else images.slots
    active = next((slot for slot in slots if slot.active is True), None)
    yield _link(
        "commit", production.on_main, f"{production.off_main or 'the deployed commit'} is not in main's history"
    )
    changed = drift.changed
    yield _link(
        "files", MISSING if changed is MISSING else not changed, f"{_count(drift)} path(s) are not the commit's"
    )
    of_commit = MISSING if active is None else active.of_commit
    built = (
        "no image" if active is None else f"{active.name} runs an image of {(active.commit or 'another commit')[:12]}"
    )
    yield _link("image", of_commit, built)
    newest = MISSING if active is None else active.newest
    yield _link("container", newest, "the container was not recreated after the last build")
    fault = MISSING if active is None else active.fault
    yield _link("slot", _holds(fault), str(fault))
    yield _link("proxy", _holds(proxy.fault), str(proxy.fault))
    yield _link("public", _holds(proxy.public_fault), str(proxy.public_fault))


def _holds(fault: str | Missing | None) -> bool | Missing:
    return MISSING if fault is MISSING else fault is None


def _count(drift: Drift) -> int:
    return 0 if drift.changed is MISSING else len(drift.changed)


def _link(
    name: Literal["commit", "files", "image", "container", "slot", "proxy", "public"], holds: bool | Missing, why: str
) -> ChainLink:
    if holds is MISSING:
        return ChainLink(name=name, state="unknown", why="it was not observed")
    return ChainLink(name=name, state="holds") if holds else ChainLink(name=name, state="broken", why=why)
