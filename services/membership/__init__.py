"""Membership: which cities there are, which is meant, and to which network each belongs.

Owns       cities and their succession, memberships, the partnership, unclear references
Accepts    intake.*.membership.* and the commands of MembershipService
Publishes  facts.membership.{city,partnership,reference}.<id>.<name>
Serves     MembershipService: commands, ResolveCities, GetCity, ListCities, ListReferences;
           LedgerService: ReadLedger, ReadHeads, ReadCensus, and what was not recorded:
           ListRejected, GetRejected, ReplayRejected, DiscardRejected, ListWaiting, GetReceipts
Tables     ledger, inbox, outbox, waiting, rejected, repair (shared); city, membership, succession,
           reference (its own look-ups); gazetteer.sqlite (GeoNames, read only)
"""
