"""Pictures drawn while the world goes on: the newest counts, and nothing waits."""
