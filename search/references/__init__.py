"""Published work behind the methods of a run, as data: what to cite, and when."""
