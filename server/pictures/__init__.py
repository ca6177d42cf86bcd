"""Pictures of board pages: taken in, made into the qualities that lines carry, kept with the lesson."""
