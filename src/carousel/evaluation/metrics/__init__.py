"""What is measured of slates and rankings.

Owns:    every metric's name and meaning, its value at each test moment, slate or visit.
Imports: numpy, domain, evaluation, recording.

A metric of a method is a ``Column``: one value a unit, and whose unit it is. What the mean of a
column is, and how sure, is said by ``evaluation.intervals``.
"""
