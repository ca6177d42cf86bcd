"""What is kept of children, for how long, and how it goes: retention, erasure, export (docs/privacy.md)."""
