"""The HTTP API: one file per noun, problem+json for everything that goes wrong.

Owns:    routes, tokens, the translation between listings and their HTTP names, live updates.
Imports: serving, storage, domain, FastAPI (nobody else does).
"""
