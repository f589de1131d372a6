"""The report: what the ledger says was paid for and why, how the promise was kept, and what was saved.

Beside it, what other leads would have come to (`replay`). Pure.
"""

from preheat.reporting.history import History
from preheat.reporting.model import ModelReport, report_of
from preheat.reporting.money import Amounts, Tariff
from preheat.reporting.total import Report, report

__all__ = ["Amounts", "History", "ModelReport", "Report", "Tariff", "report", "report_of"]
