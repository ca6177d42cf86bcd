"""Everybody's line as the room sees it: told to the lead at once, logged on a change and once a minute (P28)."""

from __future__ import annotations

from signaling.fold import Participant
from signaling.link import LinkMeter
from signaling.messages import Link, LinkMeasured, LinkSeen, ParticipantId
from signaling.turn import Turn

LOGGED_EVERY_MS = 60_000


class Lines:
    """Meters of all participants. What matters for long is in the log; this may be lost with the process."""

    def __init__(self) -> None:
        self._meters: dict[ParticipantId, LinkMeter] = {}
        self._logged_at: dict[ParticipantId, int] = {}

    def measured(self, turn: Turn, sender: Participant, link: Link) -> None:
        """One more report of the sender about its own line."""
        meter = self._meters.get(sender.id, LinkMeter(sender.quality, sender.quality)).after(link)
        self._meters[sender.id] = meter
        turn.to_leads(
            LinkSeen(
                participant=sender.id,
                quality=meter.quality,
                rtt_ms=link.rtt_ms,
                loss_permille=link.loss_permille,
                down_kbps=link.down_kbps,
                up_kbps=link.up_kbps,
            )
        )
        due = turn.at - self._logged_at.get(sender.id, -LOGGED_EVERY_MS) >= LOGGED_EVERY_MS
        if turn.fold.phase != "ended" and (due or meter.quality != sender.quality):
            self._log(turn, sender, meter, link)

    def _log(self, turn: Turn, sender: Participant, meter: LinkMeter, link: Link) -> None:
        self._logged_at[sender.id] = turn.at
        event = LinkMeasured(
            participant=sender.id,
            quality=meter.quality,
            rtt_ms=link.rtt_ms,
            loss_permille=link.loss_permille,
            down_kbps=link.down_kbps,
            up_kbps=link.up_kbps,
        )
        turn.log(event, sender.id)
