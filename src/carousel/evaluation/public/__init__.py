"""Public data sets with their usual protocols, and the libraries that others measure on them.

Owns:    to be said.
Imports: to be said.
"""
