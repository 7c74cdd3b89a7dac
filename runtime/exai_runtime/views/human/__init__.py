"""Results as text for people. Each module turns one kind of value into lines; `view.py` writes."""
