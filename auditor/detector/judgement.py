"""What a witness keeps of the secrets in a foreign text before it drops the text."""

from collections.abc import Iterable

from auditor.detector.search import search
from auditor.model.facts.nas_docker import SecretSeen


class SecretJudge:
    """Finds secrets and keeps an HMAC of each; `unfinished` are the places of texts that were not searched whole."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._unfinished: dict[str, None] = {}

    @property
    def unfinished(self) -> tuple[str, ...]:
        return tuple(self._unfinished)

    def __call__(self, text: str | bytes, place: str) -> Iterable[SecretSeen]:
        found = search(text, place=place, key=self.key)
        if not found.complete:
            self._unfinished[place] = None
        return [SecretSeen(kind=one.kind, place=one.place, hint=one.hint, hmac=one.hmac) for one in found.secrets]
