"""What was asked of the very same two objects is answered from memory, and nothing else is."""

from auditor.once import once


def test_the_same_two_objects_are_reckoned_once_and_equal_ones_again() -> None:
    asked: list[tuple[list[int], list[int]]] = []

    @once
    def joined(first: list[int], second: list[int]) -> list[int]:
        """Both."""
        asked.append((first, second))
        return first + second

    one, two, other = [1], [2], [1]
    assert joined(one, two) is joined(one, two)
    assert joined(other, two) == [1, 2]
    assert joined(one, other) == [1, 1]
    assert joined(one, two) == [1, 2]
    assert [first is one for first, _ in asked] == [True, False, True, True]
    assert joined.__doc__ == "Both."


def test_an_error_is_no_answer() -> None:
    tries = []

    @once
    def fails_first(first: object, _second: object) -> object:
        tries.append(first)
        if len(tries) == 1:
            raise ValueError
        return first

    key = object()
    for _ in range(3):
        try:
            fails_first(key, key)
        except ValueError:
            assert len(tries) == 1
    assert len(tries) == 2
