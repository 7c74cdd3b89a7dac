"""Lists that name each thing once: what stands again, found in one pass."""

from __future__ import annotations

from exai_specs.texts import again


class Compared:
    """A value that counts how often it is compared."""

    count = 0

    def __init__(self, word: str) -> None:
        self.word = word

    def __hash__(self) -> int:
        return hash(self.word)

    def __eq__(self, other: object) -> bool:
        Compared.count += 1
        return isinstance(other, Compared) and self.word == other.word


def test_what_stands_again() -> None:
    assert list(again(("a", "b", "a", "c", "a", "b"))) == [2, 4, 5]
    assert list(again(())) == []


def test_a_long_list_is_compared_once_a_value() -> None:
    values = [Compared(f"data-{number % 3000}") for number in range(6000)]
    assert list(again(values)) == list(range(3000, 6000))
    assert Compared.count <= 2 * len(values)
