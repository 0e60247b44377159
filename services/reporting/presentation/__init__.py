"""A report as people look at it: one sheet in one language, and everything that is made of it.

document (domain/report.py, or the stored bytes of a published version) -> composing/ (the sheet:
sections of figures, sentences, tables, charts; sheet.py) -> page, PDF, workbook, CSV. These add
nothing and leave nothing out, so they cannot disagree. Words and numbers: language.py.
"""
