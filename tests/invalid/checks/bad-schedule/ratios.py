def ratios(inputs):
    return inputs.assign(petal_ratio=inputs["petal_length"] / inputs["petal_width"])
