def per_mile(inputs):
    return {"each": inputs["miles"]}


def in_frames(inputs):
    return inputs
