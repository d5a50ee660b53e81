"""The secrets in the repositories as they are judged: at a tip or only in history, each with what has to be done."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from auditor.config import Config
from auditor.derive.leak.remedy import holders_of, purge_command, revocation
from auditor.detector.fixture import is_made_up
from auditor.frozen import frozen
from auditor.gitfile.ignore import Pattern, deciding, parse_patterns
from auditor.model.facts.leaks import Leak, LeakPlace, Leaks, NamedFile
from auditor.model.facts.snapshot import Snapshot, withheld
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing
from auditor.text import name_bytes

ID_CHARS = 16
_MOST_PLACES = 50
_COMMIT_CHARS = 12
_LISTS = ("at_tip", "in_history", "tokens")
_FILES = ("env_in_history", "key_files")
# a file of these names holds a secret whatever is found in it; most of the others hold settings or certificates
_CERTAIN = re.compile(
    r"(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|[^/]*\.(?:ppk|p12|pfx|jks|keystore|kdbx|dump)|\.?(?:pgpass|htpasswd)"
    r"|[^/]*\.sql(?:\.[a-z0-9]{2,3})?|env\.txt|env~|[#.]{1,2}#?\.env[^/]*)$",
    re.IGNORECASE,
)


@frozen
class LeakedSecret:
    """A secret; `id` is the start of its HMAC. `places` are in words, `more` says how many others there are.

    `path`, `line` and `commit` are those of the first place. `purge` is the command that takes exactly these places out
    of every commit, `holders` says who has them besides.
    """

    id: str
    kind: str
    hint: str
    places: tuple[str, ...]
    more: int
    on_gitea: bool
    path: str | None
    line: int | None
    commit: str | None
    revoke: str
    purge: str
    holders: str


@frozen
class LeakedFile:
    """A file whose name alone is noteworthy; `tips` are the refs at whose tip it lies."""

    source: str
    path: str
    tips: tuple[str, ...]
    first_commit: str
    last_commit: str | None
    holders: str


@frozen
class LeakedToken:
    """A leaked token of Gitea, and whether the server still takes it."""

    id: str
    alive: bool
    place: str


@frozen
class LeakedThings:
    """What the rules about repositories judge; a secret is in one of `at_tip` and `in_history`, never in both."""

    at_tip: tuple[LeakedSecret, ...] | Missing = MISSING
    in_history: tuple[LeakedSecret, ...] | Missing = MISSING
    env_in_history: tuple[LeakedFile, ...] | Missing = MISSING
    key_files: tuple[LeakedFile, ...] | Missing = MISSING
    tokens: tuple[LeakedToken, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> LeakedThings:
    """Secrets and files; what only unreachable objects of the clone hold, or allowed paths, is no finding."""
    leaks = snapshot.leaks
    if leaks is MISSING or leaks.secrets is MISSING:
        return LeakedThings(gaps=tuple(_absent(snapshot)))
    work = _Work(snapshot, config)
    kept = [(leak, places) for leak in leaks.secrets if (places := work.judged(leak))]
    files = leaks.named_files
    return LeakedThings(
        at_tip=tuple(work.secret(*each) for each in kept if _is_at_tip(each[1])),
        in_history=tuple(work.secret(*each) for each in kept if not _is_at_tip(each[1])),
        env_in_history=work.files(files, lambda one: one.is_env and one.reachable),
        key_files=work.files(files, lambda one: not one.is_env and bool(one.tips) and _holds_key(one, kept)),
        tokens=work.tokens(leaks),
        gaps=tuple(_gaps(leaks)),
    )


def _absent(snapshot: Snapshot) -> Iterator[Gap]:
    leaks = snapshot.leaks
    unasked = "it was not asked when this snapshot was taken"
    error = leaks.error if leaks is not MISSING else "its facts are gone" if withheld(snapshot, "leaks") else unasked
    for name in (*_LISTS, *_FILES):
        yield Gap(pointer=f"/leak/{name}", reason=f"leaks is unavailable: {error}")


def _gaps(leaks: Leaks) -> Iterator[Gap]:
    for name in ("at_tip", "in_history"):
        yield from carried(leaks.gaps, ("/leaks/secrets", "/leaks/searched"), f"/leak/{name}")
    for name in _FILES:
        yield from carried(leaks.gaps, ("/leaks/named_files", "/leaks/searched"), f"/leak/{name}")
    yield from carried(leaks.gaps, ("/leaks/secrets",), "/leak/key_files")
    yield from carried(leaks.gaps, ("/leaks/tokens",), "/leak/tokens")


@dataclass(frozen=True)
class _Work:
    """What the parts of a derivation share."""

    snapshot: Snapshot
    config: Config

    @cached_property
    def holders(self) -> str:
        """Who has a copy of the history."""
        return holders_of(self.snapshot, self.config)

    def judged(self, leak: Leak) -> list[LeakPlace]:
        """The places that count: reachable (all that Gitea serves by its id is), and neither made up for a test
        nor in an allowed path."""
        return [
            place
            for place in leak.places
            if (place.reachable or place.origin == "gitea")
            and not (place.where == "file" and place.path is not None and self._is_harmless(leak, place.path))
        ]

    def secret(self, leak: Leak, places: Sequence[LeakPlace]) -> LeakedSecret:
        """A secret with its places."""
        first = places[0]
        return LeakedSecret(
            id=leak.hmac[:ID_CHARS],
            kind=leak.kind,
            hint=leak.hint,
            places=tuple(dict.fromkeys(map(place_text, places[:_MOST_PLACES]))),
            more=max(0, len(places) - _MOST_PLACES),
            on_gitea=any(place.origin == "gitea" for place in leak.places),
            path=first.path if first.where == "file" else None,
            line=first.line,
            commit=first.first_commit,
            revoke=revocation(leak.kind, self.config),
            purge=purge_command(places),
            holders=self.holders,
        )

    def files(
        self, known: tuple[NamedFile, ...] | Missing, wanted: Callable[[NamedFile], bool]
    ) -> tuple[LeakedFile, ...] | Missing:
        """The files that are wanted; the same path in two repositories is two."""
        if known is MISSING:
            return MISSING
        return tuple(
            LeakedFile(
                source=one.origin,
                path=one.path,
                tips=one.tips,
                first_commit=one.first_commit,
                last_commit=one.last_commit,
                holders=self.holders,
            )
            for one in known
            if wanted(one) and not self._is_allowed(one.path)
        )

    def tokens(self, leaks: Leaks) -> tuple[LeakedToken, ...] | Missing:
        """The leaked tokens that the server was asked about."""
        if leaks.tokens is MISSING or leaks.secrets is MISSING:
            return MISSING
        places = {leak.hmac: place_text(leak.places[0]) for leak in leaks.secrets if leak.places}
        return tuple(
            LeakedToken(id=one.hmac[:ID_CHARS], alive=one.alive, place=places.get(one.hmac, "")) for one in leaks.tokens
        )

    def _is_harmless(self, leak: Leak, path: str) -> bool:
        return is_made_up(leak.kind, leak.hint, path) or self._is_allowed(path)

    def _is_allowed(self, path: str) -> bool:
        """Whether `secrets.allow_paths` names the file, or a folder above it."""
        parts = name_bytes(path).split(b"/")
        return any(
            (found := deciding([self._patterns], b"/".join(parts[:end]), end < len(parts))) and not found.negated
            for end in range(1, len(parts) + 1)
        )

    @cached_property
    def _patterns(self) -> list[Pattern]:
        return parse_patterns("\n".join(self.config.secrets.allow_paths).encode(), b"allow_paths")


def _is_at_tip(places: Sequence[LeakPlace]) -> bool:
    return any(place.tips for place in places)


def _holds_key(file: NamedFile, kept: Sequence[tuple[Leak, Sequence[LeakPlace]]]) -> bool:
    """Whether a noteworthy file is one by its content too, where its name does not settle it."""
    if _CERTAIN.search(file.path):
        return True
    return any(place.path == file.path and place.tips for _, places in kept for place in places)


def place_text(place: LeakPlace) -> str:
    """A place in a repository in words."""
    commit = f" since {place.first_commit[:_COMMIT_CHARS]}" if place.first_commit else ""
    gone = f" until {place.last_commit[:_COMMIT_CHARS]}" if place.last_commit else ""
    if place.where == "file":
        at = (place.path or f"object {place.object}") + (f":{place.line}" if place.line else "")
        tips = f" on {', '.join(place.tips[:3])}" + (" …" if len(place.tips) > 3 else "") if place.tips else ""
        return f"{place.origin}: {at}{tips}{commit}{gone}"
    if place.where in ("commit", "tag"):
        return f"{place.origin}: message of {place.where} {(place.object or '')[:_COMMIT_CHARS]}"
    what = "a file name" if place.where == "file-name" else "a branch or tag name"
    return f"{place.origin}: {what} beginning '{place.path or ''}' (object {(place.object or '')[:_COMMIT_CHARS]})"
