"""The servers we know how to use; only ``carousel.storage`` opens them.

Owns:    one module per server and subject: ``postgres_*`` keeps the truth, ``valkey_*`` the log
         and the cache. Engines of different servers never import each other.
Imports: storage.ports, domain, the drivers.
"""
