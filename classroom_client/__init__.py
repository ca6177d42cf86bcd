"""The remote classroom's own program: an unattended peer that joins a lesson, and the rehearsal built of such peers."""
