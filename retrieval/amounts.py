"""Numbers as people write them: currencies, thousands, decimal commas. Pure."""

import re

CURRENCY = re.compile(
    r"(?:US|CA|AU|NZ|HK|NT|R|A|C|S)?\$|[€£¥￥₹₩₽₺₫₱₴₦฿₪]|元|円|원|(?<![^\W\d])(?:"
    "USD|EUR|GBP|JPY|CNY|RMB|CHF|CAD|AUD|NZD|INR|KRW|RUB|BRL|MXN|SEK|NOK|DKK|PLN|CZK|HUF|TRY|HKD|SGD|ZAR|"
    r"Rs\.?|kr\.?|zł|Kč|Ft|lei|руб\.?)(?![^\W\d])"
)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?:\D|$))")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d{1,2}$)")
_SPACED = re.compile(r"(?<=\d)[\s’'](?=\d{3}(?:\D|$))")
_ROUND = re.compile(r"(?<=\d)[.,][-–—]{1,2}$")
_EURO = re.compile(
    r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d{1,2}|[+-]?\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?|[+-]?\d{1,3}(?:\.\d{3})+,\d+"
)
_ANGLO = re.compile(
    r"[+-]?(?:\d{1,3}(?:,\d{3})*|\d+)\.\d{1,2}|[+-]?\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?|[+-]?\d{1,3}(?:,\d{3})+\.\d+"
)


def bare(text: str, suffix: str = "") -> str:
    """An amount without its currency, its unit and the spaces between its thousands."""
    text = CURRENCY.sub("", text.removesuffix(suffix)).strip().replace("−", "-")
    return _ROUND.sub("", _SPACED.sub("", text))


def amount(text: str, suffix: str = "", *, comma: bool = False) -> float | None:
    """The number a text says, None if it says none; `comma`: its decimals stand after a comma."""
    text = text.strip()
    if comma or not _NUMBER.fullmatch(text):
        text = bare(text, suffix)
        if comma or _EURO.fullmatch(text):
            text = text.replace(".", "").replace(",", ".") if _grouped(text) else text.replace(",", ".")
        else:
            text = _DECIMAL_COMMA.sub(".", _THOUSANDS.sub("", text))
    return float(text) if _NUMBER.fullmatch(text) else None


def _grouped(text: str) -> bool:
    """Whether every dot stands before three digits."""
    return all(len(re.split(r"\D", part)[0]) == 3 for part in text.split(".")[1:])


def writes_comma(text: str) -> bool | None:
    """Whether decimals stand after a comma; None if the text does not tell."""
    text = bare(text)
    if _EURO.fullmatch(text):
        return True
    return False if _ANGLO.fullmatch(text) else None
