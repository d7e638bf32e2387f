"""The fact tables, a page each: its row, and what each event does to it.

FOLDED names the events that a page does anything with. LEANS_ON says for an event which standing row it is folded
onto: the name of the event's field that holds the id.
"""
