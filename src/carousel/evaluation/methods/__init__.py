"""The ways of recommending that are compared: ours, the prototype's, and simple ones.

Owns:    to be said.
Imports: to be said.
"""
