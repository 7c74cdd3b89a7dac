"""The formats that exai writes, one package each, all of one shape: `NAME` and `RENDERERS`
(kind -> function).

A renderer takes the resolved project and one spec, and returns the objects that it becomes; it
touches no network, clock or randomness. Adding a backend: one package here, one entry in
`table.BACKENDS`, one golden folder, one row in the health table.
"""
