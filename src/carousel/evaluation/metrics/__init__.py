"""What is measured of slates and rankings.

Owns:    to be said.
Imports: to be said.
"""
