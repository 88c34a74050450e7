"""How nodes speak: keys, signatures, proofs, activities, judging and delivery. Payloads stay opaque here."""
