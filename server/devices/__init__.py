"""The devices of the classrooms: pairing, health, self-test, and which room is ready for its lesson."""
