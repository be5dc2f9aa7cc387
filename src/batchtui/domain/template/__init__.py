"""Templates: a YAML file with the params of a request, Jinja2 in its strings, and rows of data that fill them."""
