"""The self-test of an unattended classroom: what its devices give is measured here, and judged by the server."""
