"""The model server: KServe's own server and protocols around a MOJO scored in process."""
