from kfp.dsl import Dataset, Input, Model, Output


def train(data: Input[Dataset], model: Output[Model]) -> None:
    import shapes

    from . import other

    print(other, shapes)
    print(data.path, model.path)
