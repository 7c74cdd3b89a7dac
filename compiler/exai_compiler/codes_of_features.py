"""What each code about features means.

In: nothing. Out: `FEATURE_CODES`, a part of `codes.CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

FEATURE_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "bad-schedule": Code(
            "A schedule that no clock can keep.",
            "`materialize.every` and `schedules` take a duration or five fields of cron, whose "
            "numbers have to be within their bounds and come to a day that exists. Between its "
            "start and its end a schedule runs at least once; time zones have the names of the "
            "IANA database.",
        ),
        "copied-file": Code(
            "A file of the feature repository that exai knows nothing of.",
            "`features.files` of an environment are copied beside what exai renders, and Feast "
            "imports them. The note shows a reviewer that they are there.",
            "note",
        ),
        "empty-transform": Code(
            "A function that makes features of nothing.",
            "An on-demand view takes features of other views (`sources`), columns of the request "
            "(`request`), or both.",
        ),
        "entity-mismatch": Code(
            "Data that can't be told apart by an entity's key.",
            "The key of an entity is a column of every dataset whose rows are about it, of the "
            "entity's type: of those behind views, and of the rows that features are added to.",
        ),
        "feature-clash": Code(
            "Two things of one name come together.",
            "Features become columns by their own names, beside the columns of the rows, the keys "
            "and the columns of a request; and Feast knows datasets, push sources, streams and "
            "request sources by their names alone.",
        ),
        "feature-default": Code(
            "What a service answers for a missing feature doesn't fit.",
            "With `onMissing: default` every feature that the model takes has a default, of the "
            "feature's type.",
        ),
        "features-changed": Code(
            "A model was trained on features that mean something else today.",
            "A version remembers what each view meant when it was trained. A service would hand "
            "it values that are computed in another way, so the service isn't rolled out before a "
            "run has made a version on the views as they are now.",
        ),
        "features-mismatch": Code(
            "A service looks up other features than its model was trained on.",
            "Training and serving read the same views: the features that the training step takes "
            "are those of the service, one by one.",
        ),
        "key-as-feature": Code(
            "A key or a time stands among the features of a view.",
            "Keys tell whose values these are, and times when they held. Neither is a value.",
        ),
        "later-feature": Code(
            "A feature that knows what is only known after its event.",
            "`created` says when a row was written, which is later than what the row tells of. A "
            "request comes before that, so a model that learnt from it would miss it in service.",
        ),
        "missing-timestamp": Code(
            "Nobody knows when rows were true.",
            "A value is joined to a row as it was at the row's time, so the dataset behind a view "
            "and the rows that features are added to each have a `timestamp`, a column of type "
            "timestamp or date.",
        ),
        "nested-transform": Code(
            "A function takes features that another function makes.",
            "Feast computes on-demand features of stored ones alone, in one step.",
        ),
        "request-column": Code(
            "Rows lack what a request will hold.",
            "An on-demand view takes some columns of the request. In training there is no "
            "request: the rows have these columns, of the same types.",
        ),
        "not-online": Code(
            "A service looks up a view that isn't brought online.",
            "A view with `online: false` is for training alone: in the online store, where "
            "services look features up, it has no values.",
        ),
        "reserved-feature": Code(
            "A name that Feast needs for itself.",
            "Feast adds columns such as event_timestamp while it joins, and writes views and "
            "features as `view__feature`.",
        ),
        "snapshot-missing": Code(
            "Feast on a cluster would read a file that nobody makes there.",
            "On a cluster Feast reads Parquet at s3:// or gs:// or in a folder that all pods "
            "mount, and the PostgreSQL that is its offline store. Of any other rows it would read "
            "`data/DATASET.parquet` in its repository. Locally `exai apply` makes that file; there "
            "somebody would have to, before each `feast materialize`. Training isn't concerned: "
            "`load-features` reads the rows itself.",
            "warning",
        ),
        "store-mismatch": Code(
            "An offline store that can't join where the rows are.",
            "An offline store of type postgres is one PostgreSQL connection of the environment. "
            "The datasets of all views have to be tables or queries of that connection; "
            "`type: dask` joins any data.",
        ),
        "timestamp-mismatch": Code(
            "Values that are dated by the day are joined to times within it.",
            "A value dated `2026-10-01` holds from midnight on, so a row of that morning gets what "
            "is known of the whole day: a model sees the future in training, and not in service. "
            "Let `timestamp` say when a value was known, such as the end of the day.",
            "warning",
        ),
        "unused-entity": Code(
            "An Entity that no view is about.",
            "Nothing can be looked up by its key.",
            "warning",
        ),
        "unused-service": Code(
            "A FeatureService that nobody asks for.",
            "Steps, Services and the signatures of Models name feature services.",
            "warning",
        ),
        "unused-view": Code(
            "A FeatureView that no feature service has a feature of.",
            "Its values may be brought online, and no model ever sees them.",
            "warning",
        ),
        "untried-input": Code(
            "A function that Feast can't try before it takes it.",
            "Feast calls the function of an on-demand view with samples of its inputs, and has "
            "none of decimals, JSON, maps, structs, and lists of these or of lists. A function "
            "with `mode: python` is refused with any of them among its inputs, one with pandas "
            "where there is nothing else. A view's inputs are all features of its sources.",
        ),
        "unusable-key": Code(
            "A type that rows can't be found by.",
            "An online store finds values by the bytes of their keys: numbers, text, bytes and "
            "times.",
        ),
    }
)
