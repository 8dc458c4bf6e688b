"""Teaching a network: recipes, pictures, losses, and the loop."""
