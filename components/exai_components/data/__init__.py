"""Questions about data that only its libraries can answer: versions, columns, a preview."""
