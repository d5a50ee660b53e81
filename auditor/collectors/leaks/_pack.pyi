from array import array
from mmap import mmap

def merged(base: bytes, delta: bytes, largest: int, /) -> tuple[bytes, bytes]: ...
def fill(
    pack: mmap,
    hash_bytes: int,
    offsets: array[int],
    kinds: array[int],
    sizes: array[int],
    bases: array[int],
    starts: array[int],
    /,
) -> int: ...
