"""How fast vidstyle is on this machine, where the time goes, and what would help."""
