"""A network as graphs that a runtime can compile."""
