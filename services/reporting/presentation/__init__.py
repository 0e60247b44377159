"""A report as people look at it: one sheet in one language, and everything that is made of it.

document (domain/report.py, or the stored bytes of a published version) -> composing/ (the sheet:
sections of figures, sentences, tables, charts; sheet.py) -> page, PDF, workbook, CSV. These add
nothing, so they cannot disagree; only paper leaves out the end of long tables, and says so. Words
and numbers: language.py, writing.py. Which files there are: files.py.
"""
