"""A real lesson with synthetic participants, measured from what arrives and never from what was meant to be sent."""
