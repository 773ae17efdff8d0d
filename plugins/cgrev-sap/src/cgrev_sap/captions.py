"""Captions of SAP lists, as they are spelt in the languages a list is known in.

A list shows captions in the logon language, long or short as the columns are wide. English ones and the
Russian ones of billing documents are taken from files; German ones from descriptions of the lists. Other
spellings are a profile's to add.
"""

from __future__ import annotations

CUSTOMER = (
    "Account", "Customer", "Customer Number", "Debitor", "Konto", "Kunde", "Sold-To Party", "Sold-to party",
    "Sold-to pt", "Auftraggeber", "Payer", "Regulierer", "Заказчик",
)  # fmt: skip
"""The customer's number; a list that shows number and name has the caption twice."""
CUSTOMER_NAME = (
    "Name 1", "Customer Name", "Name of Customer", "Name", "Name of sold-to party", "Kundenname",
    "Debitorenname",
)  # fmt: skip
DOCUMENT = (
    "Document Number", "DocumentNo", "Doc. No.", "Doc.No.", "Belegnummer", "BelegNr", "Номер документа",
)  # fmt: skip
DOCUMENT_TYPE = ("Document Type", "Doc. Type", "Doc.Type", "DocTy", "Type", "Ty", "Belegart", "Вид документа")
POSTING_DATE = ("Posting Date", "Pstng Date", "Pstg Date", "Buchungsdatum", "Buch.dat.", "Дата проводки")
TEXT = ("Text", "Item Text", "Положение", "Текст", "Buchungstext")
IN_DOCUMENT = (
    "Amount in Doc. Curr.", "Amount in Document Currency", "Amount in doc. cur.", "Amt in doc. curr.",
    "Amount in DC", "Betrag in Belegwährung", "Betrag in BelWähr", "Сумма в ВД",
)  # fmt: skip
DOCUMENT_CURRENCY = (
    "Document Currency",
    "Doc. Currency",
    "Doc. Curr.",
    "Curr.",
    "Belegwährung",
    "BWähr",
    "Währg",
)
IN_LOCAL = (
    "Amount in Local Currency", "Amount in Local Curr.", "Amount in loc.curr.", "Amount in local cur.",
    "Amount in LC", "LC Amount", "Betrag in Hauswährung", "Betrag in HW", "Сумма в ВВ",
)  # fmt: skip
LOCAL_CURRENCY = ("Local Currency", "LCurr", "Loc. Curr.", "Hauswährung", "HWähr", "HW")

BILLING = ("Billing Document", "Billing Doc.", "Bill.Doc.", "Bill. Doc.", "Faktura", "Фактура")
BILLING_TYPE = ("Billing Type", "Bill. Type", "BillT", "BlTyp", "Fakturaart", "FkArt", "ВФакт")
BILLING_DATE = ("Billing Date", "Bill. Date", "Bill.Date", "Fakturadatum", "Дата фактуры")
BILLED = ("Net Value", "Net Val.", "Net Value of Item", "Nettowert", "Стоимость нетто")
MATERIAL = (
    "Material Description", "Description", "Short Text", "Item Description", "Materialbezeichnung",
    "Bezeichnung", "Материал",
)  # fmt: skip
