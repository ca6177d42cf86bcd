"""The media plane: one port, ICE-lite, DTLS, and forwarding without transcoding (docs/media.md)."""
