"""One request in, one slate out.

Owns:    the recommendation pipeline, its retrieval channels, the memory of finished answers.
Imports: domain, storage.ports. Never an engine, never HTTP.
"""
