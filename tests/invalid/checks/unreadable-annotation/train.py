from kfp.dsl import Dataset, Input, Model, Output


def train(data: Input[Dataset], model: Output[Model], rows: set, depth=3, *rest: int) -> None:
    print(data.path, model.path)
