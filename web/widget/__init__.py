"""The chat element and the pages around it. Its sources and how it is built: `README.md` beside this file."""
