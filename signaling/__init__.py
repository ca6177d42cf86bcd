"""The wire and the room: messages, rules and the pure room of a live lesson."""
