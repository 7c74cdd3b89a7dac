import math

from kfp.dsl import Dataset, Input, Model, Output


def train(data: Input[Dataset], model: Output[Model]) -> None:
    print(data.path, model.path, math.pi, LIMIT)


LIMIT = 3
