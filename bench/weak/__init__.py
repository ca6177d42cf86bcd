"""Lessons over weak lines: every client and the server in a network namespace of its own, joined by our own switch.

`line.py` says what a line does to a packet (pure, seeded), `switch.py` does it between TAP devices, `venue.py` sets up
namespaces, server and browsers, `profiles.py` has the table of lines and bars, `probe.py` what a browser saw and heard.
`python -m bench.weak` writes bench/results/weak.json.
"""
