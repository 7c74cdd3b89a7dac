"""split-data: one Dataset as a train and a test part, the same every time."""
