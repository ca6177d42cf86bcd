"""The audit log: who saw, changed or was refused what; each row seals the ones before it."""
