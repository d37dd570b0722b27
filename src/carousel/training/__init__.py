"""From what happened to models: batch jobs over a recording, each ending in a published model.

Owns:    the training of factors, graph and ranker; what a new model must be worth to be published.
Imports: recording, storage (its doors), storage.ports, domain.
"""
