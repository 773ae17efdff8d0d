"""Currency symbols and codes, and which of them can stand for one currency.

A symbol is read as the set of currencies it may stand for: "$" is any dollar, "£" the pound
sterling, "kr" one of the crowns. Marks agree while one currency is left that all of them may mean, so
"$" beside "USD" is one currency and "$", "USD" and "CAD" in one column are more than one.

Codes are those of ISO 4217 that are legal tender today; "¢" is left out on purpose, it is a hundredth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD"
    " CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD"
    " GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT"
    " LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD"
    " OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC"
    " SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR"
    " ZMW"
)
CODES: frozenset[str] = frozenset(_CODES.split())

_COMMON = "USD EUR GBP CHF JPY CNY CAD AUD NZD SEK NOK DKK PLN CZK HUF INR BRL MXN SGD HKD ZAR"
"""Codes also read in other letter cases; the rest only in capitals, since many are English words."""

_DOLLARS = (
    "ARS AUD BBD BMD BND BSD BZD CAD CLP COP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD TTD"
    " TWD USD UYU XCD"
)
_RUPEES = "INR LKR MUR NPR PKR SCR"
_CROWNS = "DKK ISK NOK SEK"
_SYMBOLS: dict[str, str] = {
    "$": _DOLLARS,
    "US$": "USD",
    "U$S": "USD",
    "CA$": "CAD",
    "C$": "CAD NIO",
    "CAD$": "CAD",
    "USD$": "USD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "S$": "SGD",
    "SG$": "SGD",
    "MX$": "MXN",
    "NT$": "TWD",
    "R$": "BRL",
    "€": "EUR",
    "£": "GBP",
    "¥": "CNY JPY",
    "￥": "CNY JPY",
    "CN¥": "CNY",
    "JP¥": "JPY",
    "円": "JPY",
    "元": "CNY",
    "₹": "INR",
    "₨": _RUPEES,
    "Rs": _RUPEES,
    "Rs.": _RUPEES,
    "₽": "RUB",
    "₩": "KPW KRW",
    "원": "KRW",
    "₺": "TRY",
    "₴": "UAH",
    "₫": "VND",
    "฿": "THB",
    "₪": "ILS",
    "₱": "PHP",
    "₦": "NGN",
    "₸": "KZT",
    "₾": "GEL",
    "₼": "AZN",
    "₡": "CRC SVC",
    "₲": "PYG",
    "₵": "GHS",
    "kr": _CROWNS,
    "kr.": _CROWNS,
    "Kr": _CROWNS,
    "Kr.": _CROWNS,
    "Kč": "CZK",
    "zł": "PLN",
    "Ft": "HUF",
    "лв": "BGN",
    "лв.": "BGN",
    "руб": "RUB",
    "руб.": "RUB",
    "Fr": "CHF",
    "Fr.": "CHF",
    "SFr": "CHF",
    "SFr.": "CHF",
    "sFr.": "CHF",
    "R": "ZAR",
    "RM": "MYR",
    "Rp": "IDR",
    "Rp.": "IDR",
    "S/": "PEN",
    "lei": "RON",
}


def _meanings() -> dict[str, frozenset[str]]:
    table = {code: frozenset({code}) for code in CODES}
    for code in _COMMON.split():
        table[code.lower()] = table[code.title()] = table[code]
    table.update({symbol: frozenset(codes.split()) for symbol, codes in _SYMBOLS.items()})
    return table


MEANINGS: dict[str, frozenset[str]] = _meanings()
"""What each mark, as it is written, may stand for."""

PATTERN = "|".join(re.escape(mark) for mark in sorted(MEANINGS, key=lambda mark: (-len(mark), mark)))
"""Alternatives of a regular expression, longest first."""


def common(marks: Iterable[str]) -> frozenset[str] | None:
    """The currencies all `marks` may stand for: empty where they clash, None where there are none."""
    left: frozenset[str] | None = None
    for mark in marks:
        meaning = MEANINGS[mark]
        left = meaning if left is None else left & meaning
    return left


def label(marks: Iterable[str]) -> str:
    """One name for marks that agree: the code where only one is left, else the marks as written."""
    marks = sorted(set(marks))
    left = common(marks)
    if left is not None and len(left) == 1:
        return next(iter(left))
    return " / ".join(marks)
