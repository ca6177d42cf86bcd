"""`tongke doctor`: what is missing or misconfigured, and how to mend it."""
