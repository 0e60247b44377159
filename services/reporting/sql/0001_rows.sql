-- What the facts say, row by row. Rows are only ever added: each is keyed by the fact it stands on,
-- so facts of different streams may arrive in any order and leave the same tables behind.
--
-- Conventions of every table:
--   stream, version   the fact; all facts of a city, an activity or a work share one stream, so the
--                     latest by version is the latest word, whatever any clock says
--   recorded_at       when the fact was recorded: a reader who asks for "as known on" a moment sees
--                     the rows recorded until then
--   first_on, last_on a stated date: equal for a day, the ends of the month or of the year when only
--                     that is known
--   city              a pointer: a city_id, or '?' and the id of a question in the work queue
-- Identifiers sort by bytes, so that no locale changes an order or slows an index.

create table city_description (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    city_id text collate "C" not null,
    name text not null,
    kind text not null,
    country text not null,
    subdivision text,
    within_id text,
    population bigint,
    population_source text,
    population_year integer,
    latitude double precision,
    longitude double precision,
    urban text,
    named boolean not null,
    primary key (stream, version)
);

create table city_succession (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    city_id text collate "C" not null,
    successors text[] not null, -- empty when the succession was revoked
    reason text not null,       -- merger, split, rename, duplicate or revoked
    first_on date,
    last_on date,
    primary key (stream, version)
);

create table membership_change (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    city_id text collate "C" not null,
    network text not null,
    active boolean not null,
    first_on date not null,
    last_on date not null,
    primary key (stream, version)
);

create table reference_answer (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    reference_id text collate "C" not null,
    city_id text, -- empty when the answer was that no city is meant
    primary key (stream, version)
);

create table activity_description (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    activity_id text collate "C" not null,
    announced_by text not null,
    kind text not null,
    title text not null,
    organisers text[] not null,
    time_zone text not null,
    delivery text,
    themes text[] not null,
    phase text,
    languages text[] not null,
    series text,
    primary key (activity_id, version, stream)
);

create table activity_claim (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    activity_id text collate "C" not null,
    claimed_by text not null,
    organisers text[] not null,
    primary key (activity_id, version, stream)
);

create table occurrence_plan (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    activity_id text collate "C" not null,
    occurrence text collate "C" not null,
    planned_on date not null,
    planned_at timestamptz, -- empty when only the date is known
    time_zone text not null,
    primary key (activity_id, occurrence, version, stream)
);
create index occurrence_plan_by_date on occurrence_plan (planned_on);

create table occurrence_outcome (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    activity_id text collate "C" not null,
    occurrence text collate "C" not null,
    held boolean not null, -- otherwise cancelled
    began timestamptz,
    ended timestamptz,
    first_on date, -- as stated, or the UTC date of the start: the local date lies within a day of it
    last_on date,
    attendance integer,
    registrations integer,
    primary key (activity_id, occurrence, version, stream)
);
create index occurrence_outcome_by_date on occurrence_outcome (last_on);

create table roll (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    activity_id text collate "C" not null,
    occurrence text collate "C" not null,
    final boolean not null,
    file_hash text not null,
    people integer not null,
    primary key (activity_id, occurrence, version, stream)
);

-- One row per person of a roll: their intervals united, their decisive role chosen.
create table roll_participant (
    stream text collate "C" not null,
    version integer not null,
    person text collate "C" not null,
    weak boolean not null,
    role text not null,
    city text,
    city_by_domain text,
    position text,
    listed boolean not null, -- the roll names the person without any times
    intervals tstzmultirange not null,
    primary key (stream, version, person)
);

create table passage (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    activity_id text collate "C" not null,
    occurrence text collate "C" not null,
    person text collate "C" not null,
    weak boolean not null,
    role text not null,
    city text,
    city_by_domain text,
    entered boolean not null, -- otherwise left
    at timestamptz not null,
    primary key (activity_id, occurrence, person, stream, version)
);

create table registration (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    activity_id text collate "C" not null,
    occurrence text collate "C" not null,
    person text collate "C" not null,
    received boolean not null, -- otherwise cancelled
    weak boolean not null,
    city text,
    city_by_domain text,
    position text,
    at timestamptz not null,
    primary key (activity_id, occurrence, person, stream, version)
);

create table city_mention (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    activity_id text collate "C" not null,
    occurrence text collate "C" not null,
    city text not null,
    part text not null, -- attended, speaker or host
    people integer,
    primary key (activity_id, occurrence, version, stream)
);

create table city_help (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    city text not null,
    network text not null,
    first_on date not null,
    last_on date not null,
    primary key (stream, version)
);
create index city_help_by_date on city_help (last_on);

create table person_erasure (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    person text collate "C" not null,
    primary key (person, stream, version)
);

create table resource_description (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    resource_id text collate "C" not null,
    title text not null,
    kind text not null,
    publisher text not null,
    first_on date not null,
    last_on date not null,
    languages text[] not null,
    themes text[] not null,
    url text,
    primary key (resource_id, version, stream)
);

create table resource_edition (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    resource_id text collate "C" not null,
    language text,
    edition text,
    first_on date not null,
    last_on date not null,
    primary key (resource_id, version, stream)
);

create table resource_share (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    resource_id text collate "C" not null,
    shared_with text not null,
    first_on date not null,
    last_on date not null,
    primary key (resource_id, version, stream)
);

create table resource_delivery (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    resource_id text collate "C" not null,
    city text not null,
    channel text not null,
    first_on date not null,
    last_on date not null,
    primary key (stream, version)
);
create index resource_delivery_by_date on resource_delivery (last_on);

create table resource_download (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    resource_id text collate "C" not null,
    city text,
    downloaded_on date not null, -- the UTC date: a download tells no place
    primary key (stream, version)
);
create index resource_download_by_date on resource_download (downloaded_on);

create table resource_withdrawal (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    resource_id text collate "C" not null,
    first_on date not null,
    last_on date not null,
    primary key (resource_id, version, stream)
);

-- The service adds and reads; nobody changes or deletes what a fact said.
grant select, insert on
    city_description, city_succession, membership_change, reference_answer,
    activity_description, activity_claim, occurrence_plan, occurrence_outcome,
    roll, roll_participant, passage, registration, city_mention, city_help, person_erasure,
    resource_description, resource_edition, resource_share, resource_delivery, resource_download,
    resource_withdrawal
to {role};
