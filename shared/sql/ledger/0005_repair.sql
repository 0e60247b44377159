-- What people did about rejected messages, in their order; the last word on a message holds.
-- "retried": taken again, and still not acceptable. "reopened": it was taken, waited, and could not
-- be accepted after all.
create table repair (
    number bigint generated always as identity primary key,
    rejection_id uuid not null,
    how text not null check (how in ('replayed', 'discarded', 'retried', 'reopened')),
    by_whom text not null,
    reason text,
    outcome text,
    at timestamptz not null
);
create index repair_of_rejection on repair (rejection_id, number desc);
grant select, insert on repair to {role};
