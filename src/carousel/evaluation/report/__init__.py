"""Tables, JSON and one HTML page from a run of the lab.

Owns:    how results look: ``tables`` for the terminal, ``document`` for programs, ``page`` with
         its ``plots`` for people, ``summary`` in words. ``standing`` decides what all of them
         say: who leads, and whom chance may have put behind.
Imports: evaluation.results, domain.errors, rich; matplotlib in ``plots`` only, an optional extra.
"""
