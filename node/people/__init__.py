"""The people who manage places on this node: who they are, what they may do, what they did."""
