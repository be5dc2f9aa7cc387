"""From the domain to what stands on the screen: pure functions, tested without one.

A line is a row of cells, each a text and what it means. Texts may be outside text: whoever paints them cleans them.
"""
