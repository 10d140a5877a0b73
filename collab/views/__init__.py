"""The outward shore: what people see, in a notebook cell and on the served page alike."""
