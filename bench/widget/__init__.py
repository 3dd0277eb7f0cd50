"""The chat element in a real browser: what it weighs, how fast it is, and how it looks."""
