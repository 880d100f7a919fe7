"""Five mistakes that a type checker must find, each in a line that says so."""

import popgraph as pg

graph = pg.zoo.lightning_cloud()
spectrum = pg.nonexistent(graph)  # mistake 1: no such name
training = pg.train(graph, k="two")  # mistake 2: k is a number
match = pg.verify(graph, training.f, tolerance=1e-6)  # mistake 3: it is called atol
print(pg.verify(graph, training.f).largest_angel)  # mistake 4: misspelt
pg.dask.build_from_blocks(graph)  # mistake 5: no such name in a namespace that needs an extra
