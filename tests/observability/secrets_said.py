"""Secrets as they might be said, and what of them must stand nowhere."""

WORD = "hunter2hunter2hunter2"
MAIL = "john.doe+cars@mail.example.com"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLWEtdG9rZW4"  # noqa: S105

SECRETS = (
    MAIL,
    f"<{MAIL}>",
    "q=john.doe%2Bcars%40mail.example.com&page=1",
    f"postgresql://app:{WORD}@db.example/cars",
    f"redis://:{WORD}/@x@cache:6379/0",
    f"https://{WORD}@sentry.example/1",
    f"Authorization: Bearer {WORD}",
    f"bearer  {WORD}",
    TOKEN,
    f"{{'password': '{WORD} {WORD}'}}",
    f'{{"token_secret":"{WORD}"}}',
    f"CAROUSEL_TOKEN_SECRET={WORD}",
    f"CAROUSEL_SENTRY_DSN=http://{WORD}@127.0.0.1:9/1",
    f"Cookie: session={WORD}; other={WORD}",
    f"DETAIL:  Failing row contains (7, {WORD})",
)
PARTS = ("hunter2", "john.doe", "mail.example", "eyJzdWIi", "c2lnbmF0")


def leaks(text: str) -> list[str]:
    """Return the parts of secrets that a text has."""
    return [one for one in PARTS if one in text]
