"""Events: what the partners hold for cities, and who took part.

Owns       activities, occurrences, registrations, attendance, help, the person vault, and what
           people said of activities and people that may be one
Accepts    intake.*.events.* and the commands of EventsService
Publishes  facts.events.{activity,participation,help,person,duplicate}.<id>.<name>
Serves     EventsService: commands, GetActivity, ListActivities, ListDuplicatePeople, ListMerges,
           ListDismissals;
           LedgerService: ReadLedger, ReadHeads, ReadCensus, and what was not recorded:
           ListRejected, GetRejected, ReplayRejected, DiscardRejected, ListWaiting, GetReceipts
Errands    erase (somebody, from messages), reapply (whom a backup brought back), migrate
Tables     ledger, inbox, outbox, waiting, rejected, repair (shared); person, person_identity,
           namesake (the vault); activity (for lists); merge, dismissal (the answers so far)
"""
