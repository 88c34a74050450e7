"""The pages that people read: made on the server, without script, in French and English."""
