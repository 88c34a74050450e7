"""The vocabulary itself: Turtle, the tables made from it, and the territory of France."""
