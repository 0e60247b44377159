"""What the gateway knows of its own: how events stand in HTTP, what a CloudEvent is, who sends
how much. Pure: time, names and rights come in with the call.

reading.py     a request's headers and body -> the events it says, each with its own bytes
elements.py    the elements of a JSON array, each by itself
wellformed.py  what the specification demands of any CloudEvent
judging.py     an event -> taken or refused, as its owner would judge it
quotas.py      how much a credential may send
"""
