"""Totals over many places by an engine of columns: what places answer as Parquet, questions written once in Ibis."""
