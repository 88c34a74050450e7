"""What is folded from the journal: each module owns one table or two, and can be emptied and folded again."""
