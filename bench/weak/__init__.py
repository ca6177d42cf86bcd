"""Lessons over weak lines: every client and the server in a network namespace of its own, joined by our own switch.

`classroom_client.lines` says what a line does to a packet (pure, seeded), does it between TAP devices, and has the
table of lines and bars; `venue.py` sets up namespaces, server and browsers; `probe.py` says what a browser saw
and heard.
`python -m bench.weak` writes bench/results/weak.json.
"""
