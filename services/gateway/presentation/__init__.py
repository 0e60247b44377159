"""What the gateway says of itself: documents made from the contracts, and pages made from them.

contracts.py  the types with their schemas, and a CloudEvent around each
openapi.py    HTTP: OpenAPI 3.1
asyncapi.py   NATS: AsyncAPI 3.0
pages.py      both, and the schemas, as pages that need no script and nothing from elsewhere
"""
