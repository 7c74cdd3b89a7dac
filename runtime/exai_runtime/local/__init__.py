"""The local target: a control plane in `.exai/<environment>/`, runs as child processes, services as
detached ones.
"""
