"""Pages of the shapes that real sites have, written down as text: `=== NAME`, the page, `--- PATH`, a script of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from site_look import GITEA

from auditor.extraction.reading import Reading
from auditor.extraction.term import Terms
from auditor.model.facts.site import Fetched, Serving

FOLDER = Path(__file__).parents[1] / "data" / "site" / "shape"
SITE = "https://archicratie.example/"


@dataclass
class Shape:
    """A page and its scripts; `verdict` is what they come to where the shape says so."""

    name: str
    verdict: str = ""
    texts: dict[str, str] = field(default_factory=dict)

    def filled(self, base: str = GITEA.base, owner: str = GITEA.owner, repo: str = GITEA.repo) -> dict[str, str]:
        """Its texts by path, with these values in their places."""
        values = {"«BASE»": base, "«OWNER»": owner, "«REPO»": repo}
        return {path: _with(text, values) for path, text in self.texts.items()}


def _with(text: str, values: dict[str, str]) -> str:
    for place, value in values.items():
        text = text.replace(place, value)
    return text


def shapes(file: str) -> dict[str, Shape]:
    """The shapes of a file, by name."""
    return {shape.name: shape for shape in _shapes((FOLDER / file).read_text("utf-8"))}


def _shapes(text: str) -> Iterator[Shape]:
    for block in text.removeprefix("=== ").split("\n=== "):
        head, _, rest = block.rstrip("\n").partition("\n")
        name, _, verdict = head.partition(": ")
        page, *scripts = rest.split("\n--- ")
        texts = {"/": page} | {path: code for path, _, code in (one.partition("\n") for one in scripts)}
        yield Shape(name, verdict, texts)


def read(texts: dict[str, str]) -> Serving:
    """What is read of a page and of the scripts that it names, one after another."""
    terms = Terms(base=GITEA.base, owner=GITEA.owner, repo=GITEA.repo, site=SITE)
    reading = Reading(origin="public", address=SITE, terms=terms, judge=None)
    page = Fetched(path="/", role="page", status=200, content_type="text/html")
    named = reading.add(page, texts["/"].encode())
    for depth in range(3):
        wanted, named = [path for path in map(reading.path_of, named) if path in texts], ()
        for path in wanted:
            script = Fetched(path=path, role="script", depth=depth, status=200, content_type="text/javascript")
            named += reading.add(script, texts[path].encode())
    return reading.serving()
