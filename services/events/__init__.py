"""Events: what the partners hold for cities, and who took part.

Owns       activities, occurrences, registrations, attendance, help, the person vault
Accepts    intake.*.events.* and the commands of EventsService
Publishes  facts.events.{activity,participation,help,person}.<id>.<name>
Serves     EventsService: commands, GetActivity, ListActivities;
           LedgerService: ReadLedger, ReadHeads, ReadCensus, ListRejected, ListWaiting, GetReceipts
Errands    erase (somebody, from messages), reapply (whom a backup brought back), migrate
Tables     ledger, inbox, outbox, waiting, rejected (shared); person, person_identity (the vault);
           activity (for lists)
"""
