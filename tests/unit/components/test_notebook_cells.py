"""A failed cell of a notebook, out of what IPython says of it."""

from __future__ import annotations

import pytest

from exai_components.notebook_cells import Cell, CellFailure, Kernel

# A cell, the inputs, which KFP puts in, and two more cells.
CELLS = (Cell(2, 8, True), Cell(0, 1, False), Cell(4, 20, True), Cell(5, 30, False))
RED, END = "\x1b[31m", "\x1b[39m"
BEFORE = ["[KFP Notebook] Checking ...", "Warning: 1"]
AFTER = ["Traceback (most recent call last):", "RuntimeError: of KFP", "Cell In[1], line 1"]


def heard(*lines: str) -> CellFailure | None:
    kernel = Kernel("look.ipynb", CELLS)
    for line in (
        "[KFP Notebook] Checking ...",
        "Warning: 1",
        *"\n".join(lines).split("\n"),
        *AFTER,
    ):
        kernel.hear(line)
    return kernel.failure()


CALLED = (
    f"{RED}{'-' * 75}{END}",
    f"{RED}ZeroDivisionError{END}                         Traceback (most recent call last)",
    f"\x1b[36mCell{END}\x1b[36m {END}\x1b[32mIn[4]{END}\x1b[32m, line 2{END}",
    f"\x1b[32m      1{END} print('so far')",
    f"\x1b[32m----> {END}\x1b[32m2{END} total = half(n)",
    "",
    "File ~/lib/tool.py:341, in loads(s)",
    "      1 raise ValueError",
    "",
    f"\x1b[36mCell{END}\x1b[36m {END}\x1b[32mIn[3]{END}\x1b[32m, line 2{END}, in half(x)",
    "      1 def half(x):",
    "----> 2     return x / (n - 3)",
    "",
    f"{RED}ZeroDivisionError{END}: division by zero",
)


def test_a_function_of_another_cell() -> None:
    assert heard(*CALLED) == CellFailure(
        "cell 5: ZeroDivisionError: division by zero",
        "cell 4 of look.ipynb raised it, in line 2: return x / (n - 3)",
        (
            "Traceback (most recent call last):",
            '  File "look.ipynb", cell 5, line 2',
            "    total = half(n)",
            '  File "look.ipynb", cell 4, line 2, in half(x)',
            "    return x / (n - 3)",
            "ZeroDivisionError: division by zero",
        ),
        "look.ipynb:21",
    )


@pytest.mark.parametrize(
    ("lines", "message", "hint", "place"),
    [
        (
            ("  Cell In[1], line 2", "    y = = 2", "        ^", "SyntaxError: invalid syntax", ""),
            "cell 2: SyntaxError: invalid syntax",
            "cell 2 of look.ipynb raised it, in line 2: y = = 2",
            "look.ipynb:9",
        ),
        (
            (
                *CALLED,
                "",
                "The above exception was the direct cause of the following exception:",
                "",
                "ValueError                      Traceback (most recent call last)",
                "Cell In[4], line 4",
                "----> 4     raise ValueError('two\\nlines') from e",
                "      5 pass",
                "",
                "ValueError: two",
                "lines",
            ),
            "cell 5: ValueError: two",
            r"cell 5 of look.ipynb raised it, in line 4: raise ValueError('two\nlines') from e",
            "look.ipynb:30",
        ),
        (
            (
                "KeyboardInterrupt           Traceback (most recent call last)",
                "Cell In[1], line 1",
                "----> 1 raise KeyboardInterrupt",
                "",
                "KeyboardInterrupt: ",
            ),
            "cell 2: KeyboardInterrupt:",
            "cell 2 of look.ipynb raised it, in line 1: raise KeyboardInterrupt",
            "look.ipynb:8",
        ),
        (
            (
                "An exception has occurred, use %tb to see the full traceback.",
                "",
                f"{RED}SystemExit{END}{RED}:{END} 3",
            ),
            "SystemExit: 3",
            "a cell ended the notebook",
            "",
        ),
    ],
)
def test_what_a_cell_says(lines: tuple[str, ...], message: str, hint: str, place: str) -> None:
    found = heard(*lines)
    assert found is not None
    assert (found.message, found.hint, found.place) == (message, hint, place)


def test_no_cell_failed() -> None:
    assert heard() is None
    assert heard("Cell In[9], line 1", "NameError: of a cell that isn't the user's") is None
