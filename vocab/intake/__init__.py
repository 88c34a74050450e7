"""What people write, as they write it: `place.toml` and `report.csv` become values or readable mistakes."""
