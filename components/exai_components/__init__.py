"""What runs inside pipeline steps and model servers; it knows nothing of the rest of exai."""
