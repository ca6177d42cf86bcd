"""How much the camera may send: what the server estimates of our line, and less while much of it is lost. Pure."""

from __future__ import annotations

from typing import Final

START_BPS: Final = 1_200_000
MIN_BPS: Final = 60_000
MAX_BPS: Final = 2_500_000
LOSSY: Final = 0.10
CLEAN: Final = 0.02
UP: Final = 1.08


class SendRate:
    """The rate after the latest REMB (draft-alvestrand-rmcat-remb) and receiver reports.

    Loss lowers and raises it as in draft-ietf-rmcat-gcc, section 6: a tenth lost costs a twentieth of the rate.
    """

    def __init__(self) -> None:
        self._estimate_bps = START_BPS
        self._by_loss_bps = float(MAX_BPS)

    @property
    def bps(self) -> int:
        """Bits per second, MIN_BPS to MAX_BPS."""
        return max(MIN_BPS, min(MAX_BPS, self._estimate_bps, round(self._by_loss_bps)))

    def estimated(self, bps: int) -> None:
        """The server's estimate of what our line carries."""
        self._estimate_bps = bps

    def reported(self, lost: float) -> None:
        """A receiver report says that this share, 0 to 1, of the pictures' packets was lost lately."""
        if lost > LOSSY:
            self._by_loss_bps = max(MIN_BPS, self.bps * (1 - lost / 2))
        elif lost < CLEAN:
            self._by_loss_bps = min(MAX_BPS, self._by_loss_bps * UP)
