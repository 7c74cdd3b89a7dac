"""Features that are computed from other features, in training and in serving alike."""

import pandas as pd


def ratios(inputs: pd.DataFrame) -> pd.DataFrame:
    """Total cholesterol over HDL, as clinicians read it."""
    made = pd.DataFrame()
    made["tc_to_hdl"] = inputs["tc"] / inputs["hdl"]
    return made
