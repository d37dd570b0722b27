"""A marketplace made of dice: cars for sale and shoppers who look at them, without any download.

Owns:    the table of car models and of cities, the generator of listings and its fit to a real
         file, the demo accounts and their histories, the living market and the truth about it.
Imports: domain, recording, numpy.

Everything here is a function of a seed and a moment: the same arguments give the same bytes. The
generator knows nothing of feature spaces or preferences, so that what the recommender learns from
this marketplace is not what it was told.
"""
