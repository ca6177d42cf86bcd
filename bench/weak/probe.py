"""What a browser sees and hears, sampled in the page, and the figures of a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from bench.harness import percentile

SAMPLE_MS: Final = 100
STEADY_S: Final = 2.0
STILL_S: Final = 0.5
PROBE: Final = """
(() => {
  const weak = window.__weak = { samples: [], strokes: {}, doubled: 0, socketsMs: [], peersMs: [], parts: [] };
  const peers = [];
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, args) {
      const peer = new target(...args);
      peers.push(peer);
      weak.peersMs.push(Date.now());
      return peer;
    },
  });
  const early = new Map();
  let number = 0;
  const take = logged => {
    number = logged.number;
    early.delete(number);
    if (logged.event.type === 'stroke_drawn') weak.strokes[logged.event.id] ??= Date.now();
    const next = early.get(number + 1);
    if (next) take(next);
  };
  const inflated = data =>
    new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();
  const part = async data => {
    const { page = null, ids = [], points = '', complete = false } = JSON.parse(await inflated(data));
    const strokes = ids.reduce((sum, { count }) => sum + (count || 1), 0);
    const numbers = points.replace(/[_-~]/g, '').length; // one for each stroke, three for each point
    const told = { page, octets: data.byteLength, strokes, points: (numbers - strokes) / 3, complete };
    requestAnimationFrame(() => setTimeout(() => weak.parts.push({ ...told, at: Date.now() }), 0));
  };
  const get = window.fetch;
  window.fetch = async (...args) => {
    const answer = await get(...args);
    if (answer.status === 200 && /\\/page\\?screen=/.test(answer.url)) void answer.clone().arrayBuffer().then(part);
    return answer;
  };
  window.WebSocket = new Proxy(window.WebSocket, {
    construct(target, args) {
      weak.socketsMs.push(Date.now());
      const socket = new target(...args), send = socket.send.bind(socket), came = new Set();
      socket.send = data => {
        const message = JSON.parse(data);
        if (message.type === 'draw_stroke') weak.strokes[message.id] ??= Date.now();
        send(data);
      };
      socket.addEventListener('message', ({ data }) => {
        if (typeof data !== 'string') return void part(data);
        const message = JSON.parse(data);
        if (message.type === 'snapshot') number = message.state.number;
        if (message.type !== 'event') return;
        if (came.has(message.number)) weak.doubled += 1;
        came.add(message.number);
        if (message.number > number) take(message);
      });
      return socket;
    },
  });
  const create = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (...args) {
    const channel = create.apply(this, args);
    channel.addEventListener('message', async ({ data }) => {
      for (const frame of (await inflated(data)).split('\\n')) {
        const logged = JSON.parse(frame);
        if (logged.number === number + 1) take(logged);
        else if (logged.number > number) early.set(logged.number, logged);
      }
    });
    return channel;
  };
  const look = async () => {
    const sample = { at: Date.now(), audio: {}, video: {} };
    for (const peer of peers.filter(one => one.connectionState !== 'closed'))
      for (const r of (await peer.getStats()).values())
        if (r.type === 'inbound-rtp' && r.kind === 'audio')
          sample.audio[r.ssrc] = [r.packetsReceived, r.totalSamplesReceived ?? 0, r.concealedSamples ?? 0];
        else if (r.type === 'inbound-rtp')
          sample.video[r.ssrc] = [r.framesDecoded ?? 0, r.totalFreezesDuration ?? 0, r.frameHeight ?? 0];
    window.__weak.samples.push(sample);
  };
  setInterval(() => void look(), SAMPLE_MS);
})();
""".replace("SAMPLE_MS", str(SAMPLE_MS))
"""Counters of every receive line, ten times a second, and when each stroke was sent, or came with all events before it:
by the WebSocket or beside it, whichever was first. ms of the wall clock. doubled: events that one WebSocket brought
twice. socketsMs, peersMs: when each WebSocket, each peer connection was made. parts: of a board told in parts,
once the screen could show each, the first one perhaps beside the WebSocket; in the text of points the characters from
`_` on are digits before the one that ends a number (docs/protocol.md, P26 and P27).
"""


@dataclass(frozen=True)
class Seen:
    """All samples of a page, oldest first, and its strokes: id to wall clock, ms."""

    samples: list[dict[str, Any]]
    strokes: dict[str, int]
    doubled: int

    @staticmethod
    def of(told: dict[str, Any]) -> Seen:
        """From what the page holds in `window.__weak`."""
        return Seen(told["samples"], told["strokes"], int(told.get("doubled", 0)))

    def between(self, from_ms: float, until_ms: float) -> list[dict[str, Any]]:
        """The samples of a stretch."""
        return [one for one in self.samples if from_ms <= one["at"] <= until_ms]


def speech(samples: list[dict[str, Any]], heard: set[str]) -> tuple[float, float]:
    """Share of sound, in %, that was received and not concealed, and the longest stretch without any, in s.

    `heard`: the lines that carried sound in the good time before; a new connection's lines count too.
    """
    lines = heard | {ssrc for one in samples for ssrc in one["audio"] if ssrc not in samples[0]["audio"]}
    played = concealed = 0.0
    gap = longest = 0.0
    for before, after in pairwise(samples):
        total, lost = _sound_of(before, after, lines)
        seconds = (after["at"] - before["at"]) / 1000
        played, concealed = played + total, concealed + lost
        gap = gap + seconds if total == 0 or lost > 0.9 * total else 0.0
        longest = max(longest, gap)
    expected = 48_000 * (samples[-1]["at"] - samples[0]["at"]) / 1000 if len(samples) > 1 else 0.0
    if not expected:
        return 0.0, 0.0
    return max(0.0, 100 * min(1.0, (played - concealed) / min(expected, played or 1.0))), longest


def _sound_of(before: dict[str, Any], after: dict[str, Any], lines: set[str]) -> tuple[float, float]:
    """Samples played and concealed between two looks, on the one of `lines` that brought most."""
    best = (0.0, 0.0)
    for ssrc, (_, total, lost) in after["audio"].items():
        if ssrc not in lines:
            continue
        _, total0, lost0 = before["audio"].get(ssrc, (0, 0, 0))
        one = (total - total0, lost - lost0)
        if one[0] - one[1] > best[0] - best[1] or best[0] == 0:
            best = one
    return best


def lines_heard(samples: list[dict[str, Any]]) -> set[str]:
    """The audio lines on which packets came."""
    if len(samples) < 2:
        return set()
    first, last = samples[0]["audio"], samples[-1]["audio"]
    return {ssrc for ssrc, (packets, *_) in last.items() if packets - first.get(ssrc, (0,))[0] > len(samples)}


def pictures(samples: list[dict[str, Any]]) -> tuple[float, float, int]:
    """Frames a second, share of frozen time in %, and height, of the liveliest picture."""
    if len(samples) < 2:
        return 0.0, 0.0, 0
    seconds = (samples[-1]["at"] - samples[0]["at"]) / 1000
    best = (0.0, 0.0, 0)
    for ssrc, (frames, frozen, height) in samples[-1]["video"].items():
        frames0, frozen0, _ = samples[0]["video"].get(ssrc, (0, 0, 0))
        best = max(best, ((frames - frames0) / seconds, 100 * (frozen - frozen0) / seconds, height))
    return best


def back_after(samples: list[dict[str, Any]], healed_ms: float) -> float:
    """Seconds from `healed_ms` until sound and picture flow again; inf where they do not."""
    sound = picture = None
    for before, after in pairwise(one for one in samples if one["at"] >= healed_ms - SAMPLE_MS):
        at = (after["at"] - healed_ms) / 1000
        if sound is None and _grew(before["audio"], after["audio"], 0):
            sound = at
        if picture is None and _grew(before["video"], after["video"], 0):
            picture = at
        if sound is not None and picture is not None:
            return max(0.0, sound, picture)
    return float("inf")


def outage(samples: list[dict[str, Any]]) -> float:
    """The longest time, in s, without sound, or without a picture."""
    longest = 0.0
    for kind in ("audio", "video"):
        last_ms = samples[0]["at"] if samples else 0.0
        for before, after in pairwise(samples):
            if _grew(before[kind], after[kind], 0):
                last_ms = after["at"]
            longest = max(longest, (after["at"] - last_ms) / 1000)
    return longest if samples else float("inf")


def first_picture(samples: list[dict[str, Any]], opened_ms: float) -> float:
    """Seconds from opening the page to the first decoded picture; inf where none comes."""
    came = (one["at"] for one in samples if any(line[0] > 0 for line in one["video"].values()))
    return float(next(came, float("inf")) - opened_ms) / 1000


def first_sound(samples: list[dict[str, Any]], opened_ms: float) -> float:
    """Seconds from opening the page to the first packet of sound; inf where none comes."""
    came = (one["at"] for one in samples if any(line[0] > 0 for line in one["audio"].values()))
    return float(next(came, float("inf")) - opened_ms) / 1000


def fell_pct(before: float, after: float) -> float:
    """By how much `after` is below `before`, in %."""
    return 100 * (before - after) / before if before else float("inf")


def height_back_after(samples: list[dict[str, Any]], healed_ms: float, height: int) -> float:
    """Seconds from `healed_ms` until a picture moves in its old height again; inf where it never does."""
    for before, after in pairwise(one for one in samples if one["at"] >= healed_ms):
        tall = {ssrc: line for ssrc, line in after["video"].items() if line[2] >= height}
        if _grew(before["video"], tall, 0):
            return float((after["at"] - healed_ms) / 1000)
    return float("inf")


def settled_after(samples: list[dict[str, Any]], from_ms: float) -> float:
    """Seconds from `from_ms` until a picture moves and goes on for STEADY_S, never still for as long as STILL_S; inf
    where it never does."""
    moved = [after["at"] for before, after in pairwise(samples) if _grew(before["video"], after["video"], 0)]
    for at, ms in enumerate(moved):
        ends_ms = ms + 1000 * STEADY_S
        after = [one for one in moved[at:] if one <= ends_ms]
        stills = [later - earlier for earlier, later in pairwise([*after, ends_ms])]
        if ms >= from_ms and samples[-1]["at"] >= ends_ms and max(stills) < 1000 * STILL_S:
            return float(ms - from_ms) / 1000
    return float("inf")


def _grew(before: dict[str, list[float]], after: dict[str, list[float]], at: int) -> bool:
    return any(line[at] > before.get(ssrc, [0, 0, 0])[at] for ssrc, line in after.items())


def strokes(sent: Seen, came: Seen, from_ms: float, until_ms: float) -> tuple[float, int]:
    """95th percentile of a stroke's way in ms, and how many of those sent in this stretch never came."""
    ids = [stroke for stroke, at in sent.strokes.items() if from_ms <= at <= until_ms]
    ways = [came.strokes[stroke] - sent.strokes[stroke] for stroke in ids if stroke in came.strokes]
    return percentile(ways, 0.95), len(ids) - len(ways)
