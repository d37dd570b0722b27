"""Files of listings in: read a table, understand its columns, put the cars in the catalogue.

Owns:    the import: mappings, readers, conversion, refusals and the report.
Imports: domain, storage.ports, pydantic, pyarrow.
"""
