"""The central program: `tongke`."""
