"""What the gateway knows of its own: how events stand in HTTP, what a CloudEvent is, who sends
how much. Pure: time, names and rights come in with the call.

reading.py     a request's headers and body -> the events it says, each with its own bytes
elements.py    the elements of a JSON array, each by itself
wellformed.py  what the specification demands of any CloudEvent
judging.py     an event -> taken or refused, as its owner would judge it
platforms.py   what the webhooks of all platforms have in common
zoom.py        what Zoom says, as events
eventbrite.py  what Eventbrite says, as events, and which of its addresses are asked
signatures.py  how Zoom signs
quotas.py      how much a credential may send
"""
