"""The lineage in the formats of others: each module turns a `Picture` into one text."""
