"""The steps of the schema, oldest first.

Owns:    one module per step; a step that has been released is never edited.
Imports: alembic.
"""
