"""The diary: entries of growers, traders, carriers and laboratories, by kind of work.

A kind is a table in `kinds/` (`entry_kinds`). An entry has the values that its kind asks for
(`entries`) and becomes one EPCIS event (`entry_events`). Rules over several entries are in
`waiting_period` and `lot_evidence`.
"""
