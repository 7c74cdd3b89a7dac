"""What users may write: documents with positions, the kinds, diagnostics and JSON Schemas.

In: the text of YAML files. Out: frozen spec values and diagnostics. Never: files,
clocks, other packages of exai.
"""
