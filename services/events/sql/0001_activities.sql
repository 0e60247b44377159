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

-- What activities there are, for lists; each is read from its stream.
create table activity (
    activity_id text primary key,
    title text not null,
    kind text not null,
    starts_at text not null
);
create index activity_starts_at on activity (starts_at, activity_id);
grant select, insert, update on activity to {role};
