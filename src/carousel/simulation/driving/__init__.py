"""The living market played on a running server, through its public API.

Owns:    the client, reading what is for sale, visits and the market's own changes over HTTP.
Imports: domain, simulation, httpx2.

Here the server recommends, and the shoppers react to what they are really shown. Time runs faster
than the clock on the wall by a chosen factor; events carry no time of their own, so to the server
they happen when they arrive.
"""
