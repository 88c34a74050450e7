"""Where a node keeps what it knows: the truth in `maillage.sqlite`, what can be rebuilt in `cache/`."""
