"""Tables, JSON and one HTML page from a run of the lab.

Owns:    to be said.
Imports: to be said.
"""
