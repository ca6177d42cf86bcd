"""Recording: what a lesson's participants send, kept on disk as it came (docs/recording-format.md)."""
