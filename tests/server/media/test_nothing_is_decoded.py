"""The server forwards: no codec may be opened in its process (docs/decisions/0002)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

PROGRAM = """
import builtins, sys

real = builtins.__import__
FORBIDDEN = ("av", "cv2", "aiortc.codecs", "aiortc.rtcrtpreceiver", "aiortc.rtcrtpsender", "aiortc.contrib")

def guarded(name, globals=None, locals=None, fromlist=(), level=0):
    if level == 0 and any(name == one or name.startswith(one + ".") for one in FORBIDDEN):
        raise SystemExit(f"imported {name}: this process could open a codec")
    return real(name, globals, locals, fromlist, level)

builtins.__import__ = guarded

from tests.contract.plane_world import H264, OTHER_H264, OPUS, OTHER_OPUS, World, h264, opus
import server.media.server

world = World()
sender, receiver = world.end(), world.end()
picture, sound = sender.source(H264, ssrc=7), sender.source(OPUS, ssrc=9)
world.plane.switch_route(receiver.route(OTHER_H264, ssrc=70, rtx_ssrc=80), picture)
world.plane.switch_route(receiver.route(OTHER_OPUS, ssrc=90), sound)
world.plane.tap(picture, True)
for n in range(50):
    sender.send(h264(n, 3000 * n, 7, key=n == 0), opus(n, 960 * n, 9))
    world.pass_time(20_000_000)
assert len(receiver.received()) == 100
opened = [name for name in sys.modules if name == "av" or name.startswith("av.") or name.startswith("aiortc.codecs")]
print("opened", opened)
"""


def test_forwarding_works_in_a_process_that_cannot_open_a_codec() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "opened []"), done.stderr + done.stdout
