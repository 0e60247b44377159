-- A history as reporting's tables hold it, made by the database itself: $1 activities of one webinar
-- each over twelve quarters; 555 of 200,000 people register for each, come and go; two in three
-- hand in a final file. About 1,670 facts of participation for each activity.

-- cities
-- 2,000 cities, half of them members of a network.
with made as (
    insert into city_description
    select 'city-c' || n, 1, timestamptz '2022-01-01', 'c' || n, 'City ' || n, 'city',
        case when n % 4 = 0 then 'NL' else 'US' end,
        case when n % 4 = 0 then 'ZH' else (array['OH', 'NY', 'CA', 'TX', 'MI'])[n % 5 + 1] end,
        null, 5000 + n * 311 % 900000, 'Census', 2023, null, null, null, true
    from generate_series(0, 1999) as n
)
insert into membership_change
select 'city-c' || n, 2, timestamptz '2022-01-01', 'c' || n,
    case when n % 2 = 0 then 'NLC' else 'SCN' end, true, date '2022-01-01', date '2022-01-01'
from generate_series(0, 999) as n;

-- activities
-- Announced a month before.
insert into activity_description
select 'activity-a' || a, 1, day - interval '30 days', 'a' || a, 'demo', 'webinar',
    'Webinar on subject ' || a, case a % 3 when 0 then '{NLC,SCN}' when 1 then '{NLC}' else '{SCN}' end::text[],
    'America/New_York', 'online', '{hate}'::text[], 'prevention', '{en}'::text[], null
from generate_series(1, $1::integer) as a,
    lateral (select date '2023-10-01' + (a * 1095 / $1)::integer as day) d;

-- plans
-- At ten in New York.
insert into occurrence_plan
select 'activity-a' || a, 1, day - interval '30 days', 'a' || a, '1', day,
    (day + time '15:00') at time zone 'UTC', 'America/New_York'
from generate_series(1, $1::integer) as a,
    lateral (select date '2023-10-01' + (a * 1095 / $1)::integer as day) d;

-- outcomes
-- Held for an hour.
insert into occurrence_outcome
select 'activity-a' || a, 2, day + interval '17 hours', 'a' || a, '1', true,
    (day + time '15:00') at time zone 'UTC', (day + time '16:00') at time zone 'UTC', day, day,
    null, null
from generate_series(1, $1::integer) as a,
    lateral (select date '2023-10-01' + (a * 1095 / $1)::integer as day) d;

-- rolls
-- The final file of two in three.
insert into roll
select 'activity-a' || a, 3, day + interval '1 day', 'a' || a, '1', true, 'sha256:' || a, 555
from generate_series(1, $1::integer) as a,
    lateral (select date '2023-10-01' + (a * 1095 / $1)::integer as day) d
where a % 3 <> 0;

-- roll_participants
-- Half an hour each.
insert into roll_participant
select 'activity-a' || a, 3, 'p' || p, false, 'attendee',
    case when p % 20 = 0 then null else 'c' || p * 31 % 2000 end, null,
    (array['elected', 'staff', 'police', null])[p % 4 + 1], false,
    tstzmultirange(tstzrange(
        (day + time '15:00') at time zone 'UTC', (day + time '15:30') at time zone 'UTC'))
from generate_series(1, $1::integer) as a,
    lateral (select date '2023-10-01' + (a * 1095 / $1)::integer as day) d,
    lateral (select (a * 7919 + i * 104729::bigint) % 200000 as p from generate_series(1, 555) as i) x
where a % 3 <> 0;

-- registrations
-- A week before.
insert into registration
select 'participation-a' || a || '~1~p' || p, 1, day - interval '7 days', 'a' || a, '1', 'p' || p,
    true, false, case when p % 20 = 0 then null else 'c' || p * 31 % 2000 end, null, null,
    day - interval '7 days'
from generate_series(1, $1::integer) as a,
    lateral (select date '2023-10-01' + (a * 1095 / $1)::integer as day) d,
    lateral (select (a * 7919 + i * 104729::bigint) % 200000 as p from generate_series(1, 555) as i) x;

-- passages
-- In at the start, out after half an hour.
insert into passage
select 'participation-a' || a || '~1~p' || p, 2 + step, day + interval '16 hours', 'a' || a, '1',
    'p' || p, false, 'attendee', case when p % 20 = 0 then null else 'c' || p * 31 % 2000 end, null,
    step = 0, (day + time '15:00') at time zone 'UTC' + step * interval '30 minutes'
from generate_series(1, $1::integer) as a,
    lateral (select date '2023-10-01' + (a * 1095 / $1)::integer as day) d,
    lateral (select (a * 7919 + i * 104729::bigint) % 200000 as p from generate_series(1, 555) as i) x,
    generate_series(0, 1) as step;

-- facts
-- What all these rows restate.
insert into fact
select 'events', stream, version, row_number() over (), gen_random_uuid(), 'events.bench.v1',
    recorded_at, recorded_at, 'bench', stream || version, null
from (
    select stream, version, recorded_at from activity_description
    union all select stream, version, recorded_at from occurrence_outcome
    union all select stream, version, recorded_at from roll
    union all select stream, version, recorded_at from registration
    union all select stream, version, recorded_at from passage
) of_events;

-- counts
-- How many that are.
insert into projected
select ledger, count(*), max(recorded_at) from fact group by ledger
on conflict (ledger) do update set facts = excluded.facts, data_to = excluded.data_to;

-- crowd
-- The file of one activity handed in again, now with $2 people.
with handed_in as (
    insert into roll
    select 'activity-' || $1, max(version) + 1, now(), $1, '1', true, 'sha256:crowd', $2
    from roll where activity_id = $1
    returning stream, version
)
insert into roll_participant
select stream, version, 'p' || n, false, 'attendee', 'c' || n % 2000, null, null, true, '{}'
from handed_in, generate_series(1, $2::integer) as n;
