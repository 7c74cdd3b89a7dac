"""Something of Feast's that exai doesn't model; it may name what exai rendered."""

from definitions import view_measurements
from feast import Entity, FeatureService, ValueType

meadow = Entity(name="meadow", join_keys=["meadow_id"], value_type=ValueType.STRING)
by_hand = FeatureService(name="by_hand", features=[view_measurements[["petal_width"]]])
