"""Steps of a pipeline."""


def make() -> NamedTuple("Made", [("score", float), ("count", int), ("tag", str), ("ok", bool), ("words", List[str]), ("options", dict)]):  # noqa: F821
    return (0.5, 1, "a", True, ["a"], {})


def take(text: str, number: float = 1.0, count: int = 1, words: list = []) -> str:  # noqa: B006
    return text


def end(status: PipelineTaskFinalStatus, text: str = "") -> str:  # noqa: F821
    return text
