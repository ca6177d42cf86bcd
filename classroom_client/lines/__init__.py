"""Weak lines, made by ourselves: what they do to packets, and a switch between network namespaces that does it."""
