"""A policy file and those that it extends as texts that travel to another machine, whose paths and variables they name.

The standard policy stays at home: each machine has its own.
"""

from pathlib import Path

from auditor.config.loader import Chain, standard_document
from auditor.document import load_document
from auditor.errors import ConfigError
from auditor.frozen import frozen


@frozen
class Sheet:
    """One file: its name in messages, and its text."""

    name: str
    text: str


@frozen
class Bundle:
    """The site's `file`, an absolute path, and the texts: the farthest that is extended first, the site's own last."""

    file: str
    sheets: tuple[Sheet, ...]


def bundle_of(chain: Chain) -> Bundle:
    """The texts of a chain that names a site; raises ConfigError where `extends` leads nowhere."""
    if chain.problems:
        raise ConfigError(*map(str, chain.problems))
    # the standard policy is the first of all
    sheets = tuple(Sheet(name=document.name, text=document.text) for document in chain.documents[1:])
    return Bundle(file=str(Path(chain.file or "").absolute()), sheets=sheets)


def chain_of(bundle: Bundle) -> Chain:
    """The chain that the texts were; raises ConfigError."""
    *inherited, site = (load_document(sheet.text, sheet.name) for sheet in bundle.sheets)
    return Chain(file=Path(bundle.file), site=site, inherited=(standard_document(), *inherited))
