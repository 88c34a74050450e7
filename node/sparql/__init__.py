"""SPARQL over the harvested graph: checked first, then run in a worker process that can be killed.

`check` reads a query without running it; `worker` runs it; `pool` owns the workers and bounds them;
`protocol` speaks HTTP. Nothing here writes, and a query reaches no file and no other host.
"""
