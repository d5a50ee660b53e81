"""One look at production: the public address is asked, then the NAS is visited; what fails is a gap, never a guess."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime

from auditor.collectors.nas.click import clicker
from auditor.collectors.nas.public import Asked, ask_public
from auditor.collectors.nas.script import Nonces, render_script, script_hash, visit_input
from auditor.collectors.nas.visit import Occasion, facts_of, own_values
from auditor.config import Nas as Section
from auditor.config.hmac_key import load_hmac_key
from auditor.detector.judgement import SecretJudge
from auditor.errors import SourceError
from auditor.interfaces import Context
from auditor.model.facts.nas import Nas
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING
from auditor.text import time_text
from auditor.transports.frames import Frames
from auditor.transports.ssh.target import SshTarget, Visit, VisitLimits

_SSH_PORT = 22
_LONGEST_VISIT_SECONDS = 600.0
# what the parsers and the other rounds need of a run's time once the answer is there
_RESERVE_SECONDS = 2.0
_OUTSIDE_FIELDS = (
    *("root", "current", "releases", "env_files", "compose_files", "dockerfiles", "docker_ignores", "proxy", "slots"),
    *("rights", "system", "disk"),
)


def observe(context: Context, section: Section) -> Nas:
    """The facts; raises SourceError where the NAS can't be visited, ConfigError where the policy file is at fault."""
    nonces = Nonces(secrets.token_hex(16), secrets.token_hex(16), context.own.key)
    if section.access == "outside":
        seen = ask_public(context, nonces.log)
        if any(name.startswith("nas:") for name in context.config.secrets.own_values):
            context.own.lose("nas", "access: outside asks nothing over SSH, so the NAS's own values are not known")
        return _with_public(_outside(context), seen)
    judge = SecretJudge(load_hmac_key(context.config, context.state))
    target = ssh_target(section)
    sent = visit_input(context.config, nonces)
    expected = script_hash(render_script(context.config))
    seen = ask_public(context, nonces.log)
    asked_at = datetime.now(UTC)
    answer = _visit(context, section, target, sent.encode(), nonces.frame)
    occasion = Occasion(
        asked_at=asked_at,
        now=context.now,
        script_sha256=expected,
        judge=judge,
        key=judge.key,
        hear=lambda place, text: context.own.hear("nas", place, text),
        expired=lambda: context.deadline.remaining() < _RESERVE_SECONDS / 2,
        click=clicker(context),
    )
    facts = with_unfinished(facts_of(answer.frames, context.config, occasion), judge.unfinished)
    if context.own.listening:
        _share_own_values(context, answer.frames, facts)
    return _with_public(replace(facts, notices=answer.warnings), seen)


def _share_own_values(context: Context, frames: Frames, facts: Nas) -> None:
    from auditor.collectors.nas.own_value import told_of

    try:
        context.own.tell("nas", told_of(own_values(frames), facts, context.config, context.own.key.encode()))
    except SourceError as fault:
        context.own.lose("nas", str(fault))


def ssh_target(section: Section) -> SshTarget:
    """Whom to visit; raises SourceError where the policy file does not say it."""
    if section.ssh is None:
        raise SourceError("nas.ssh is not set: name USER@HOST:PORT, or write access: outside")
    if section.key is None:
        raise SourceError("the key of nas.key is not used: name this policy file with -c, or trust it once")
    user, at, place = section.ssh.rpartition("@")
    if not at or not user:
        raise SourceError(f"nas.ssh '{section.ssh}' names no user: write USER@HOST:PORT")
    host, port = _host_port(place)
    return SshTarget(
        host=host,
        user=user,
        port=port,
        key=section.key.file,
        agent=section.key.agent,
        host_key=section.host_key,
        known_hosts=section.known_hosts,
    )


def _host_port(place: str) -> tuple[str, int]:
    if place.startswith("["):
        host, _, rest = place[1:].partition("]")
        return host, int(rest.removeprefix(":") or _SSH_PORT)
    if place.count(":") > 1:
        return place, _SSH_PORT
    host, _, port = place.partition(":")
    return host, int(port or _SSH_PORT)


def _visit(context: Context, section: Section, target: SshTarget, stdin: bytes, frame: str) -> Visit:
    from auditor.transports.ssh.visit import visit

    left = context.deadline.remaining() - _RESERVE_SECONDS
    if left <= 0:
        context.deadline.check()
        raise SourceError("no time is left for the visit: raise --timeout")
    limits = VisitLimits(
        wake_seconds=context.deadline.waking(context.config.limits.wake, reserve=_RESERVE_SECONDS),
        seconds=min(_LONGEST_VISIT_SECONDS, left),
    )
    with context.deadline.asleep() as woke:
        return visit(
            target,
            stdin=stdin,
            frame=frame,
            forced=section.access == "command",
            limits=limits,
            progress=context.progress,
            greeted=woke,
        )


def _outside(context: Context) -> Nas:
    reason = "access: outside asks nothing over SSH"
    remedy = "give the auditor a key on the NAS: auditor probe --install"
    gaps = tuple(Gap(pointer=f"/nas/{field}", reason=reason, remedy=remedy) for field in _OUTSIDE_FIELDS)
    return Nas(available=True, observed_at=time_text(context.now), access="outside", gaps=gaps)


def _with_public(facts: Nas, seen: Asked) -> Nas:
    """The facts with what the public address answered; without its request no slot's log tells anything."""
    slots, gaps = facts.slots, (*facts.gaps, *seen.gaps)
    if slots is not MISSING and not seen.marked:
        reason = "there is no site.url to ask" if seen.page is None else "the public address did not answer"
        gaps += tuple(
            Gap(pointer=f"/nas/slots/{number}/saw_visit", reason=reason)
            for number, slot in enumerate(slots)
            if slot.saw_visit is not MISSING
        )
        slots = tuple(replace(slot, saw_visit=MISSING) for slot in slots)
    return replace(facts, public=seen.page, slots=slots, notices=(*facts.notices, *seen.notices), gaps=gaps)


def with_unfinished(facts: Nas, places: tuple[str, ...]) -> Nas:
    """The facts, with a gap at each slot's secrets for every text that was not searched whole."""
    count = 0 if facts.slots is MISSING else len(facts.slots)
    gaps = (
        Gap(
            pointer=f"/nas/slots/{index}/container/secrets",
            reason=f"{place or 'a label'} holds more than could be searched for secrets",
        )
        for place in places
        for index in range(count)
    )
    return replace(facts, gaps=(*facts.gaps, *gaps))
