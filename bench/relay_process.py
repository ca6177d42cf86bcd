"""An SFU as aiortc's examples make it: one MediaRelay. Offers as JSON on stdin, the first from the publisher."""

from __future__ import annotations

import asyncio
import json
import sys

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

from bench import peers


async def main() -> None:
    """Serves until it is ended."""
    peers.prepare("127.0.0.1")
    relay = MediaRelay()
    lines = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    opened: list[RTCPeerConnection] = []
    while line := await lines.readline():
        peer = peers.new_peer()
        opened.append(peer)
        if len(opened) > 1:
            peer.addTrack(relay.subscribe(opened[0].getReceivers()[0].track))
        await peer.setRemoteDescription(RTCSessionDescription(json.loads(line), "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        print(json.dumps(peer.localDescription.sdp), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
