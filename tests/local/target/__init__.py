"""The local target with its real parts: KFP's runner, detached processes, KServe's server."""
