"""What can be wrong with a file of this room."""


class RulesError(Exception):
    """A rules file cannot be used. The message names the file, the place in it and what to mend."""
