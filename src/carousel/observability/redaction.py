r"""What must never be written down: e-mail addresses, passwords, tokens; and who a user is.

Owns:    what is taken out of a text, where a text is cut, the pseudonym of a shopper.
Imports: the standard library.

Secrets are taken out before a text is cut, since half a secret is one too. Of a text longer than
two ``WINDOW`` only its two ends are looked at, and what is kept lies far from where they break off.
"""

import hashlib
import hmac
import re

LONGEST = 2_000  # characters of one text in a log line; of a traceback four times as many
WINDOW = 16_384  # characters at each end of a text that are looked through
CUT = " … "
INSTEAD = "(secret)"
SHORTEST_KNOWN_SECRET = 8  # shorter ones are words that would be taken out everywhere

_LOCAL = r"[^\s@\"'<>:/=,;&?(){}\[\]\\]"  # what an e-mail address may have before its @
_DOMAIN = r"[\w-]+(?:\.[\w-]+)+"
_NAMES = (
    r"passw(?:or)?d|passwd|pwd|passphrase|secret|token|api[_-]?key|apikey|private[_-]?key|"
    r"authorization|credentials?|dsn|e-?mail"
)

# Each with what stands in whatever it could find, for most texts hold none of it. All take time in
# proportion to the text, whatever it is: who may choose a text must not choose how long it takes.
_PATTERNS = (
    # What a database adds to its message is the row itself.
    ("detail:", re.compile(r"(?i)detail:[^\n]*"), "DETAIL: (left out)"),
    ("bearer", re.compile(r"(?i)\b(bearer)(?:[\s:=+\"']|%20)+[^\s\"',;]+"), rf"\1 {INSTEAD}"),
    ("basic", re.compile(r"\b([Bb]asic)(?:\s|%20)+(?=\S*[A-Z0-9=])[\w+/=-]{6,}"), rf"\1 {INSTEAD}"),
    ("cookie", re.compile(r"(?i)\b((?:set-)?cookie[\"']?\s?[=:]\s?)[^\n]+"), rf"\1{INSTEAD}"),
    ("eyj", re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}"), "(token)"),
    ("@", re.compile(rf"(?<!{_LOCAL}){_LOCAL}+@{_DOMAIN}"), "(e-mail)"),
    ("@", re.compile(rf'"[^"@\n]{{1,64}}"@{_DOMAIN}'), "(e-mail)"),
    ("%40", re.compile(rf"(?<!{_LOCAL}){_LOCAL}+?%40{_DOMAIN}"), "(e-mail)"),
)
_URL = re.compile(r"://[^\s\"']*+")
_NO_USER = re.compile(r"://[^:/?#@]*[/?#]")
_STATED = re.compile(
    rf"(?i)((?:{_NAMES})\w{{0,32}}[\"']?\s?[=:]\s?)(?!\(|bearer\b|basic\b)"
    r"(?:\"[^\"\n]*\"?|'[^'\n]*'?|[^\s\"',;&)}\]]+)"
)
_NAMED = re.compile(rf"(?i)(?:^|[_.\s-])(?:{_NAMES}|cookie)s?$")

_known: list[str] = []


def never_write(*secrets: str) -> None:
    """Take these very texts out of everything from now on, whatever stands around them."""
    _known[:] = sorted({one for one in secrets if len(one) >= SHORTEST_KNOWN_SECRET}, key=len)
    _known.reverse()  # a secret within another must not leave the rest of that one


def names_a_secret(name: str) -> bool:
    """Return whether a field of this name holds what must not be written.

    >>> names_a_secret("api_key"), names_a_secret("password"), names_a_secret("token_type")
    (True, True, False)
    """
    return _NAMED.search(name) is not None


def redacted(text: str, longest: int = LONGEST) -> str:
    """Return a text without e-mail addresses, passwords and tokens, cut where it is too long.

    A text is cut in its middle: it says at its ends what it is about and how it ended.

    >>> redacted("john@example.com via postgresql://app:hunter2@db/cars")
    '(e-mail) via postgresql://app:(secret)@db/cars'
    >>> redacted("Authorization: Bearer abc.def")
    'Authorization: Bearer (secret)'
    >>> redacted("a long story with a good end", 15)
    'a long st … end'
    """
    if len(text) <= 2 * WINDOW:
        return _cut(_without_secrets(text), longest)
    ends = _without_secrets(text[:WINDOW]), _without_secrets(text[-WINDOW:])
    return _cut("".join(ends), longest, always=True)


def pseudonym(key: str, user_id: int) -> str:
    """Return a name for a shopper that only who has the key can lead back: 12 hexadecimal digits.

    HMAC-SHA256, cut to 48 bits: among a million shoppers two share one with a chance of 0.2 %.
    """
    return hmac.new(key.encode(), b"shopper:%d" % user_id, hashlib.sha256).hexdigest()[:12]


def _without_secrets(text: str) -> str:
    for secret in _known:
        text = text.replace(secret, INSTEAD)
    if "://" in text and "@" in text:
        text = _URL.sub(_without_password, text)
    lower = text.lower()
    for sign, pattern, instead in _PATTERNS:
        if sign in lower:
            text = pattern.sub(instead, text)
    return _STATED.sub(rf"\1{INSTEAD}", text) if ":" in text or "=" in text else text


def _without_password(found: re.Match[str]) -> str:
    """Return an address without what stands before its @, but for a name before a password."""
    before, at, host = found[0].rpartition("@")
    if not at or _NO_USER.match(before):
        return found[0]
    user, colon, _ = before.removeprefix("://").partition(":")
    return f"://{user}:{INSTEAD}@{host}" if colon else f"://{INSTEAD}@{host}"


def _cut(text: str, longest: int, *, always: bool = False) -> str:
    if len(text) <= longest and not always:
        return text
    room = longest - len(CUT)
    end = room // 4
    return text[: min(room - end, len(text))] + CUT + text[len(text) - end :]
