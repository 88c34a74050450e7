"""A place that goes to live on another node: what it takes with it, what is believed of it there, how others follow."""
