def greeting(inputs):
    return {"words": [f"Hello, {guest}" for guest in inputs["guest"]]}
