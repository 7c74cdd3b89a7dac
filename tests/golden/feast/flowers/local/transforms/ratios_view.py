"""The project's own file: copied as it is."""

import pandas as pd

CM_PER_INCH = 2.54


def ratios(inputs: pd.DataFrame) -> pd.DataFrame:
    made = pd.DataFrame()
    made["petal_ratio"] = inputs["petal_length"] / inputs["petal_width"]
    made["scaled"] = inputs["petal_length"] * inputs["scale"] / CM_PER_INCH
    return made
