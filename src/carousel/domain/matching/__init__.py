"""How well cars match what a shopper has done: the numbers that a ranker reads.

Owns:    the features of a car for a shopper's need, one file per kind of evidence.
Imports: numpy, domain.{cars, facts, needs, trail}.
"""
