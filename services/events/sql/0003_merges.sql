-- What people said of things that look alike: which count as another one, and which are two. Each
-- follows from the facts; it is looked up before a question is asked or an answer is taken.
create table merge (
    kind text not null,    -- activities or people
    id text not null,      -- an activity_id, or a key into the vault
    into_id text not null,
    primary key (kind, id)
);
grant select, insert, update, delete on merge to {role};

create table dismissal (
    kind text not null,
    first_id text not null,
    second_id text not null,
    primary key (kind, first_id, second_id)
);
grant select, insert, delete on dismissal to {role};

-- The keyed hash of a name with its organisation, by which two keys for one person are found; it
-- identifies nobody by itself.
create table namesake (
    person text primary key,
    name bytea not null
);
create index namesake_name on namesake (name);
grant select, insert, delete on namesake to {role};
