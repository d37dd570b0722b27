"""What a car recommender knows and computes, without touching the world.

Owns:    listings, filters, events, the feature space, preference, candidates, scoring, re-ranking.
Imports: the standard library, numpy, pydantic. Nothing else of ours.
"""
