"""What H.264 parameter sets say, and the avcC record made of them (ITU-T H.264, ISO/IEC 14496-15)."""

from __future__ import annotations

IDR = 5
SPS = 7
PPS = 8
WITH_CHROMA_FORMAT = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


class _Bits:
    """Reads an RBSP bit by bit (H.264, section 7.2); reading past the end raises ValueError."""

    def __init__(self, nal: bytes) -> None:
        rbsp = nal.replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(rbsp, "big")
        self._left = 8 * len(rbsp)

    def read(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError("parameter set too short")
        return (self._value >> self._left) & ((1 << count) - 1)

    def unsigned(self) -> int:
        """ue(v), section 9.1."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("bad Exp-Golomb code")
        return (1 << zeros) - 1 + self.read(zeros)

    def signed(self) -> int:
        """se(v), section 9.1.1."""
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def picture_size(sps: bytes) -> tuple[int, int]:
    """Width and height in pixels, cropping applied (H.264, section 7.3.2.1.1).

    Raises:
        ValueError: not a sequence parameter set.
    """
    if len(sps) < 4 or sps[0] & 31 != SPS:
        raise ValueError("not a sequence parameter set")
    bits = _Bits(sps[1:])
    profile = bits.read(8)
    bits.read(16)
    bits.unsigned()
    chroma = _chroma_format(bits, profile)
    bits.unsigned()
    _skip_picture_order(bits)
    bits.unsigned()
    bits.read(1)
    width_mbs = bits.unsigned() + 1
    height_units = bits.unsigned() + 1
    frames_only = bits.read(1)
    if not frames_only:
        bits.read(1)
    bits.read(1)
    left, right, top, bottom = (bits.unsigned() for _ in range(4)) if bits.read(1) else (0, 0, 0, 0)
    unit_x = 2 if chroma in (1, 2) else 1
    unit_y = (2 if chroma == 1 else 1) * (2 - frames_only)
    width = 16 * width_mbs - unit_x * (left + right)
    height = 16 * height_units * (2 - frames_only) - unit_y * (top + bottom)
    if not (0 < width <= 16384 and 0 < height <= 16384):
        raise ValueError("impossible picture size")
    return width, height


def _chroma_format(bits: _Bits, profile: int) -> int:
    if profile not in WITH_CHROMA_FORMAT:
        return 1
    chroma = bits.unsigned()
    if chroma == 3:
        bits.read(1)
    bits.unsigned()
    bits.unsigned()
    bits.read(1)
    if bits.read(1):
        for index in range(8 if chroma != 3 else 12):
            if bits.read(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma


def _skip_scaling_list(bits: _Bits, length: int) -> None:
    last = following = 8
    for _ in range(length):
        if following:
            following = (last + bits.signed()) & 0xFF
        last = following or last


def _skip_picture_order(bits: _Bits) -> None:
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()
    elif kind == 1:
        bits.read(1)
        bits.signed()
        bits.signed()
        for _ in range(min(bits.unsigned(), 255)):
            bits.signed()


def avcc(sps: bytes, pps: bytes) -> bytes:
    """The AVCDecoderConfigurationRecord for NAL units with 4-byte lengths (ISO/IEC 14496-15, section 5.3.3)."""
    record = (
        b"\x01"
        + sps[1:4]
        + b"\xff\xe1"
        + len(sps).to_bytes(2, "big")
        + sps
        + b"\x01"
        + len(pps).to_bytes(2, "big")
        + pps
    )
    if sps[1] in (100, 110, 122, 144):
        record += b"\xfd\xf8\xf8\x00"
    return record


def parameter_sets(private: bytes) -> tuple[bytes, bytes]:
    """The first SPS and the first PPS of an avcC record.

    Raises:
        ValueError: not such a record.
    """
    try:
        length = int.from_bytes(private[6:8], "big")
        sps = private[8 : 8 + length]
        at = 8 + length + 1
        pps = private[at + 2 : at + 2 + int.from_bytes(private[at : at + 2], "big")]
    except IndexError:
        raise ValueError("not an avcC record") from None
    if not sps or not pps:
        raise ValueError("not an avcC record")
    return sps, pps
