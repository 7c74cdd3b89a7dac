"""The only code of exai that touches disks, processes, registries and terminals.

It reads a project, hands it through the compiler's stages, and executes plans against a target.
"""
