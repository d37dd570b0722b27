"""Free text of a shopper as filters: English, German and Czech, with typing errors.

Owns:    the words, the numbers and their units, which spelling of a name is near enough.
Imports: domain.filters, domain.listing, rapidfuzz. No I/O, no clock, no dice.
"""
