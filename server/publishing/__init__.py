"""Publishing: what a replay needs, made from a recording without transcoding."""
