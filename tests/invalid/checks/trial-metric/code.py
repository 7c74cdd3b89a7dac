from kfp.dsl import HTML, Dataset, Input, Model, Output


def fit(points: Input[Dataset], rate: float) -> float:
    print(points.path)
    return rate


def judge(model: Input[Model], rate: float) -> float:
    print(model.path)
    return rate


def quiet(rate: float, page: Output[HTML]) -> str:
    print(page.path)
    return f"done at {rate}"
