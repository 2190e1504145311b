"""The command line: commands parse, call one service, and present what it answers."""
