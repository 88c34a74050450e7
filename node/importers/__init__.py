"""Directories made by others become signed, unclaimed Listings; each row is taken, mended or refused, and says why.

`table` reads the file, `contacts`, `wording` and `placing` mend one cell or one position, a profile such as
`anct` makes places of rows, `intake` signs what is new.
"""
