"""Lists: the rows of a table that match, sorted, a page at a time, and how many there are.

`tables` describes the lists, `query` builds their SQL, `repository` runs it.
"""

from ledger.lists.query import ListQuery, ListTable, Match
from ledger.lists.repository import ListRows, Lists

__all__ = ["ListQuery", "ListRows", "ListTable", "Lists", "Match"]
