"""The commands about features: values in, values out."""
