"""The supervisor: restarts what crashed, lets go of what ended, waits longer each time."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from server.supervise import FIRST_WAIT_S, HEALTHY_AFTER_S, LONGEST_WAIT_S, next_wait_s

PROGRAM = """
import os, signal, sys
from server import supervise
supervise.FIRST_WAIT_S = {first_wait_s}
supervise.LONGEST_WAIT_S = 3600
def serve(restarts):
    print("life", restarts, flush=True)
    {body}
def say(code):
    print("crashed", code, flush=True)
code = supervise.supervise(serve, say)
print("ended", code, flush=True)
sys.exit(code)
"""


def supervised(body: str, first_wait_s: float = 0.001) -> subprocess.Popen[str]:
    program = PROGRAM.format(body=body, first_wait_s=first_wait_s)
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


def test_waits_grow_to_a_limit_and_start_anew_after_health() -> None:
    waits = [FIRST_WAIT_S / 2]
    for _ in range(10):
        waits.append(next_wait_s(waits[-1], lived_s=0.1))
    assert waits[1] == FIRST_WAIT_S
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT_S
    assert next_wait_s(LONGEST_WAIT_S, lived_s=HEALTHY_AFTER_S) == FIRST_WAIT_S


def test_a_killed_child_is_started_again_and_an_ended_one_is_not() -> None:
    child = supervised("os.kill(os.getpid(), signal.SIGKILL) if restarts < 2 else None; return 0")
    said, _ = child.communicate(timeout=60)
    assert said.split("\n") == ["life 0", "crashed -9", "life 1", "crashed -9", "life 2", "ended 0", ""]
    assert child.returncode == 0


def test_an_escaped_exception_is_a_crash() -> None:
    child = supervised("return 0 if restarts else 1 // 0")
    said, _ = child.communicate(timeout=60)
    assert "crashed 70" in said
    assert "life 1" in said
    child.wait()


@pytest.mark.parametrize("code", [64, 69, 75, 78])
def test_what_cannot_get_better_by_trying_again_is_not_tried_again(code: int) -> None:
    child = supervised(f"return {code}")
    said, _ = child.communicate(timeout=60)
    assert said.split("\n") == ["life 0", f"ended {code}", ""]
    assert child.returncode == code


def test_after_a_crash_even_a_taken_port_is_tried_again() -> None:
    child = supervised("return 70 if restarts == 0 else 69 if restarts == 1 else 0")
    said, _ = child.communicate(timeout=60)
    assert said.split("\n")[-4:] == ["crashed 69", "life 2", "ended 0", ""]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_supervisor_ends_the_child_in_order(number: int) -> None:
    body = (
        "asking = {signal.SIGTERM, signal.SIGINT}; signal.pthread_sigmask(signal.SIG_BLOCK, asking);"
        "print('ready', flush=True); print('told', int(signal.sigwait(asking)), flush=True); return 0"
    )
    child = supervised(body)
    assert child.stdout is not None
    assert [child.stdout.readline(), child.stdout.readline()] == ["life 0\n", "ready\n"]
    child.send_signal(number)
    assert child.communicate(timeout=60)[0].split("\n") == [f"told {int(number)}", "ended 0", ""]
    assert child.returncode == 0


def test_a_signal_between_two_lives_ends_the_wait() -> None:
    child = supervised("return 70", first_wait_s=3600)
    assert child.stdout is not None
    assert [child.stdout.readline(), child.stdout.readline()] == ["life 0\n", "crashed 70\n"]
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=60)[0] == "ended 0\n"


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux")
def test_a_child_does_not_outlive_a_killed_supervisor() -> None:
    child = supervised("print(os.getpid(), flush=True); signal.pause()")
    assert child.stdout is not None
    child.stdout.readline()
    assert int(child.stdout.readline()) > 0
    child.kill()
    child.communicate(timeout=60)  # the pipe ends only when the grandchild, too, has let go of it
