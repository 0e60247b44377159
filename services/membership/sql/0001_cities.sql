-- What membership looks up: cities by any of their names, memberships, and the open questions.

create table city (
    city_id text primary key,
    version integer not null,
    name_key text not null,
    country text not null,
    subdivision text,
    geonames_id bigint,
    census_geoid text,
    description jsonb not null
);
create index city_name on city (country, name_key);
create index city_geonames on city (geonames_id);
create index city_geoid on city (census_geoid);
grant select, insert, update on city to {role};

create table membership (
    city_id text not null,
    network text not null,
    since text not null,
    until text,
    primary key (city_id, network, since)
);
grant select, insert, update on membership to {role};

create table succession (
    city_id text primary key,
    successors text[] not null,
    on_date text not null,
    reason text not null
);
grant select, insert, update, delete on succession to {role};

create table reference (
    reference_id text primary key,
    question jsonb,
    email_domain text,
    candidates jsonb not null,
    city_id text,
    dismissed boolean not null default false,
    raised_at timestamptz not null,
    mentions bigint not null default 0
);
create index reference_open on reference (mentions desc) where city_id is null and not dismissed;
grant select, insert, update on reference to {role};
