-- What works there are, for lists; each is read from its stream.
create table resource (
    resource_id text primary key,
    title text not null,
    kind text not null,
    publisher text not null
);
grant select, insert, update on resource to {role};
