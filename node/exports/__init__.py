"""What is public in a directory, in the formats of others: places, figures, their source, date and licence.

`entries` reads, `fields` puts a place into texts, `formats` names who writes them. What is written here, the importers
read back.
"""
