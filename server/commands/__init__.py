"""What the commands do besides serving."""
