"""How fast and how small: `make bench` prints one JSON line a measure, on real nodes in processes of their own."""
