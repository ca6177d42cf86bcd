"""The HTTP side: one module per resource."""
