"""The names that a policy file gives to a site and its parts: they stand everywhere in it, and are no secrets."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.config import Config


def site_names(config: Config) -> frozenset[str]:
    """The names, as written and in lower case."""
    names = [name for name in _names(config) if name]
    return frozenset((*names, *map(str.lower, names)))


def _names(config: Config) -> Iterator[str]:
    yield config.id
    if config.gitea is not None:
        yield from (config.gitea.owner, config.gitea.repo, f"{config.gitea.owner}/{config.gitea.repo}")
        yield from (config.gitea.branch, *_of_address(config.gitea.base), *config.gitea.hosts)
    if config.site is not None:
        yield from _of_address(config.site.url)
    if config.nas is not None:
        yield from (config.nas.root, config.nas.root.rpartition("/")[2], (config.nas.ssh or "").partition("@")[0])
        for slot in config.nas.slots:
            yield from (slot.name, slot.container or "")


def _of_address(url: str) -> Iterator[str]:
    yield from (url, url.rstrip("/"), urlsplit(url).hostname or "")
