-- The person vault: the only tables of Tandem that hold names and e-mails.
create table person (
    person text primary key,
    email text,
    name text,
    organisation text,
    first_seen_at timestamptz not null default now()
);
grant select, insert, update, delete on person to {role};

create table person_identity (
    identity bytea primary key,
    person text not null,
    weak boolean not null
);
create index person_identity_person on person_identity (person);
grant select, insert, delete on person_identity to {role};

-- The mark of the key under which everybody in the vault is known: one row, for good.
create table vault_key (
    sole boolean primary key default true check (sole),
    mark bytea not null
);
grant select, insert on vault_key to {role};

-- What activities there are, for lists; each is read from its stream.
create table activity (
    activity_id text primary key,
    title text not null,
    kind text not null,
    starts_at text not null
);
create index activity_starts_at on activity (starts_at, activity_id);
grant select, insert, update on activity to {role};
