"""Pure reads of the projections: what pages, files and the command line show. None reads the journal."""
