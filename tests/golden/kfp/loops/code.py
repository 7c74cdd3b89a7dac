"""The steps of a pipeline that takes and gives lists."""


def listed() -> List[str]:  # noqa: F821 - KFP's own name, where the function runs
    return ["p", "q"]


def best(
    tables: Input[List[Dataset]],  # noqa: F821
    numbers: List[float],  # noqa: F821
    counts: list,
    texts: List[str],  # noqa: F821
) -> str:
    return f"{len(tables)} {sorted(numbers)} {counts} {sorted(texts)}"
