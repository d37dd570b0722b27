r"""What must never be written down: e-mail addresses, passwords in URLs, tokens; and who a user is.

Owns:    what is taken out of a text, the pseudonym of a shopper.
Imports: the standard library.
"""

import hashlib
import hmac
import re

LONGEST = 2_000  # characters of one text in a log line; of a traceback four times as many
CUT = "…"

_SECRETS = (
    (re.compile(r"[^\s@\"'<>:/=,;]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z]{2,}"), "(e-mail)"),
    (re.compile(r"(://[^\s:/@]*):[^\s@]+@"), r"\1:(secret)@"),
    (re.compile(r"(?i)\b(bearer)\s+\S+"), r"\1 (secret)"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), "(token)"),
)


def redacted(text: str, longest: int = LONGEST) -> str:
    """Return a text without e-mail addresses, passwords and tokens, cut where it is too long.

    >>> redacted("john@example.com via postgresql://app:hunter2@db/cars")
    '(e-mail) via postgresql://app:(secret)@db/cars'
    >>> redacted("Authorization: Bearer abc.def")
    'Authorization: Bearer (secret)'
    """
    # Patterns look at what will be kept, and a little further: half a secret is one too.
    kept = text[: longest + 512]
    for pattern, instead in _SECRETS:
        kept = pattern.sub(instead, kept)
    return kept if len(kept) <= longest else kept[: longest - 1] + CUT


def pseudonym(key: str, user_id: int) -> str:
    """Return a name for a shopper that only who has the key can lead back: 12 hexadecimal digits.

    HMAC-SHA256, cut to 48 bits: among a million shoppers two share one with a chance of 0.2 %.
    """
    return hmac.new(key.encode(), b"shopper:%d" % user_id, hashlib.sha256).hexdigest()[:12]
