"""Keeping a node alive: copies of it, new tables for it, what is wrong with it, what it measures of itself."""
