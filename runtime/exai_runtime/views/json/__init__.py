"""Results as JSON for programs: a versioned contract, held by the schemas in `schemas/output`."""
