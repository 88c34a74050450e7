"""Pictures of the places of this node: made smaller, without what the camera noted, each with a text beside it."""
