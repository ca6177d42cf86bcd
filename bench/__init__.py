"""The speed figures of the product, measured against their bars: `python -m bench`."""
