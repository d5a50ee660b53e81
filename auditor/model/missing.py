"""The difference between *not observed* and *empty*: a field that could not be observed is MISSING."""

from enum import Enum
from typing import Final


class Missing(Enum):
    """The type of `MISSING`; a fact that may stay unobserved is declared `T | Missing = MISSING`."""

    MISSING = "not observed"

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        raise TypeError("a fact that was not observed is neither true nor false: compare with MISSING")


MISSING: Final = Missing.MISSING
