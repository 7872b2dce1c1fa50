"""Lists that staff search, filter, sort, page, count and export: one table describes each.

`description` has the types, `catalogue` the lists, `find` the use case, `export` the files.
"""
