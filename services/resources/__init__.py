"""Resources: the works the partners publish, their editions, and whom they reached.

Owns       works, editions, shares, deliveries, downloads
Accepts    intake.*.resources.* and the commands of ResourcesService
Publishes  facts.resources.{resource,delivery,download}.<id>.<name>
Serves     ResourcesService: commands, GetResource, ListResources;
           LedgerService: ReadLedger, ReadHeads, ReadCensus, and what was not recorded:
           ListRejected, GetRejected, ReplayRejected, DiscardRejected, ListWaiting, GetReceipts
Tables     ledger, inbox, outbox, waiting, rejected, repair (shared); resource (for lists)
"""
