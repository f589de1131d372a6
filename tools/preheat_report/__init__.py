"""The report: what the ledger says you paid for and why, how well Preheat kept the promise, and what you saved.

`replay` computes the result of other leads. Pure.
"""

from preheat.domain.bill.history import History
from preheat.domain.bill.money import Amounts, Tariff
from preheat_report.model import ModelReport, report_model
from preheat_report.total import Report, report_models

__all__ = ["Amounts", "History", "ModelReport", "Report", "Tariff", "report_model", "report_models"]
