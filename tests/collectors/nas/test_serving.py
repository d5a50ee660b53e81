"""What a slot serves of the link, read from the bytes of a visit: before the switch, without a request of its own."""

import hashlib
from pathlib import Path

from auditor.collectors.nas.serving import ServingReader, SlotServing
from auditor.collectors.nas.slot import NOT_FOUND_PATH, SlotAnswer, SlotPages
from auditor.config import Config, Gitea, Site, Slot
from auditor.model.facts.nas import Answer

BUILT = Path(__file__).parents[2] / "data" / "site" / "astro" / "built"
GREEN = Slot(name="green", port=8082)
CONFIG = Config(
    id="site",
    gitea=Gitea(base="https://git.archicratie.example", owner="Archicratia", repo="archicratie-edition"),
    site=Site(url="https://archicratie.example/"),
)
HTML, SCRIPT = "text/html", "text/javascript"


def answer(
    path: str, body: bytes, kind: str, depth: int, *, status: int | None = 200, whole: bool = True
) -> SlotAnswer:
    fact = Answer(
        path=path,
        depth=depth,
        status=status,
        content_type=kind,
        location=None,
        etag=None,
        last_modified=None,
        size=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        complete=whole,
    )
    return SlotAnswer(fact, (), body)


def read(*answers: SlotAnswer, config: Config = CONFIG, key: bytes | None = None) -> SlotServing:
    pages = SlotPages(answers, "curl", capped=False)
    return ServingReader(config, key, lambda: False).read(GREEN, pages)


def built(build: str, page: str) -> list[SlotAnswer]:
    """A built page and all scripts of its build, the deeper ones later, as the probe brings them."""
    scripts = sorted((BUILT / build / "_astro").glob("*.js"))
    return [
        answer(page, (BUILT / build / page.strip("/") / "index.html").read_bytes(), HTML, 0),
        answer(NOT_FOUND_PATH, (BUILT / build / "404.html").read_bytes(), HTML, 0, status=404),
        *(answer(f"/_astro/{file.name}", file.read_bytes(), SCRIPT, 1) for file in scripts),
    ]


def test_a_wrong_owner_in_a_lazily_loaded_chunk_of_the_slot_is_found_with_its_place() -> None:
    found = read(*built("case", "/lazy/"))
    (link,) = found.serving.links
    assert found.faults == ()
    assert (found.serving.origin, found.serving.address) == ("slot:green", "http://127.0.0.1:8082/")
    assert (link.owner, link.repo, link.tier) == ("archicratia", "archicratie-edition", "folded")
    assert link.place.path.startswith("/_astro/propose.")


def test_only_what_the_pages_really_load_is_read() -> None:
    stray = answer("/_astro/stray.js", b"open('https://git.archicratie.example/Other/x/issues/new')", SCRIPT, 1)
    found = read(*built("right", "/lazy/"), stray)
    assert [link.owner for link in found.serving.links] == ["Archicratia"]


def test_a_script_that_was_named_and_not_fetched_is_a_fault() -> None:
    found = read(answer("/", b"<script src=/_astro/gone.js></script>", HTML, 0))
    assert found.faults == ("the script '/_astro/gone.js' is named, and was not fetched",)


def test_a_page_of_another_status_or_cut_short_is_a_fault() -> None:
    found = read(
        answer("/", b"", HTML, 0, status=503),
        answer("/a", b"<p>", HTML, 0, whole=False),
        answer("/b", b"", HTML, 0, status=None),
    )
    assert found.faults == (
        "'/' answered 503: is the site whole?",
        "'/a' is larger than is fetched: the rest was not read",
        "'/b' was not answered",
    )


def test_two_slots_that_answer_alike_are_read_once_and_keep_their_own_names() -> None:
    reader = ServingReader(CONFIG, None, lambda: False)
    pages = SlotPages(tuple(built("right", "/lazy/")), "curl", capped=False)
    blue = reader.read(Slot(name="blue", port=8081), pages)
    green = reader.read(GREEN, pages)
    assert [one.serving.origin for one in (blue, green)] == ["slot:blue", "slot:green"]
    assert blue.serving.links is green.serving.links


def test_secrets_of_a_slot_are_kept_by_hmac_alone() -> None:
    token = "ghp_" + "Ab1" * 12
    found = read(answer("/", f"<script>t='{token}'</script>".encode(), HTML, 0), key=b"k")
    assert found.serving.secrets
    assert token not in repr(found)


def test_without_a_site_section_a_slot_is_read_at_its_own_address() -> None:
    found = read(*built("right", "/lazy/"), config=Config(id="site", gitea=CONFIG.gitea))
    assert [link.owner for link in found.serving.links] == ["Archicratia"]
