from kfp.dsl import Dataset, Input


def collect(texts: list, tables: Input[list[Dataset]]) -> str:
    return f"{texts} {len(tables)}"
