-- What is derived from the rows for "as known now", so that a report of today costs what it shows
-- and an event what it changes, whatever the history. Nothing here is a source of anything: every
-- row can be derived again (standing.py), and a report "as known then" reads none of it.

-- Which sittings a fact has made out of date, written in the transaction of the fact's rows. Only
-- ever added to and deleted from by `mark`, so that who adds never waits for who derives.
create table stale (
    mark bigint generated always as identity primary key,
    activity_id text collate "C", -- with `occurrence` one sitting, without it all of the activity
    occurrence text collate "C",
    person text collate "C"       -- all sittings at which this person is counted
);

-- A sitting in its latest state, with all who count at it. The first columns are those of
-- `sitting_at`; the lists go together by position.
create table standing_sitting (
    activity_id text collate "C" not null,
    occurrence text collate "C" not null,
    time_zone text,
    planned_on date,
    planned_at timestamptz,
    outcome text,
    began timestamptz,
    ended timestamptz,
    first_on date,
    last_on date,
    attendance integer,
    registrations integer,
    counted_at timestamptz,
    final_roll_at timestamptz,
    dated_first date not null,   -- its local civil date
    dated_last date not null,
    stretch_first date not null, -- the days that no window tells apart from it
    stretch_last date not null,
    held boolean not null,
    registered integer not null,
    people integer not null,
    attended integer not null,
    attended_registered integer not null,
    erased integer not null,
    named integer not null,
    positions text[] not null,
    position_attended integer[] not null,
    cities text[] not null,
    city_attended integer[] not null,
    city_contributed integer[] not null,
    city_named integer[] not null,
    persons text[] not null,
    flags smallint[] not null,   -- 1 attended, 2 weakly known, 4 walked in, 8 watched later
    primary key (activity_id, occurrence)
);
create index standing_sitting_by_date on standing_sitting (dated_last, dated_first);
create index standing_sitting_by_stretch on standing_sitting (stretch_first, stretch_last);

-- The cities at the sittings held in a stretch of days, each way counted; '' for no city.
create table standing_city (
    first_on date not null,
    last_on date not null,
    city text collate "C" not null,
    attended integer not null,
    contributed integer not null,
    named integer not null,
    primary key (first_on, last_on, city)
);
create index standing_city_empty on standing_city (city)
    where attended = 0 and contributed = 0 and named = 0;

-- At how many sittings held in a stretch of days somebody is in each of these ways.
create table standing_person (
    person text collate "C" not null,
    first_on date not null,
    last_on date not null,
    attended integer not null,
    weak integer not null,
    walked_in integer not null,
    late integer not null,
    primary key (person, first_on, last_on)
);
create index standing_person_empty on standing_person (person)
    where attended = 0 and weak = 0 and walked_in = 0 and late = 0;

-- Distinct people over a window: a quarter, or four in a row.
create table standing_uniques (
    first_on date not null,
    last_on date not null,
    attendees integer not null,
    weak integer not null,
    walk_ins integer not null,
    late_viewers integer not null,
    primary key (first_on, last_on)
);

-- By which parameters and code all this was derived, and how many facts of the ledger of events are
-- in it for certain, the newest recorded when; empty until every sitting has been derived once.
create table standing_level (
    meaning text not null,
    facts bigint,
    data_to timestamptz
);

grant select, insert, update, delete on
    stale, standing_sitting, standing_city, standing_person, standing_uniques, standing_level
to {role};

-- The latest state of some sittings, whether anything is known of them or not.
create function sitting_at(known_at timestamptz, activity_ids text[], occurrences text[])
returns table (
    activity_id text, occurrence text, time_zone text, planned_on date, planned_at timestamptz,
    outcome text, began timestamptz, ended timestamptz, first_on date, last_on date,
    attendance integer, registrations integer,
    counted_at timestamptz, final_roll_at timestamptz
)
language sql stable parallel safe as $$
    select
        c.activity_id, c.occurrence, coalesce(plan.time_zone, announced.time_zone),
        plan.planned_on, plan.planned_at,
        case ending.held when true then 'held' when false then 'cancelled' end,
        case when ending.held then ending.began end,
        case when ending.held then ending.ended end,
        case when ending.held then ending.first_on end,
        case when ending.held then ending.last_on end,
        case when ending.held then ending.attendance end,
        case when not ending.held then ending.registrations end,
        counted.recorded_at, rolls.recorded_at
    from unnest(activity_ids, occurrences) as c (activity_id, occurrence)
    left join lateral (
        select d.version, d.time_zone
        from activity_description d
        where d.activity_id = c.activity_id and d.recorded_at <= known_at
        order by d.version desc, d.stream
        limit 1
    ) announced on true
    left join lateral (
        select p.*
        from occurrence_plan p
        where p.activity_id = c.activity_id and p.occurrence = c.occurrence
            and p.recorded_at <= known_at
            -- A new announcement replaces the starts that the one before it gave.
            and p.version >= coalesce(announced.version, 0)
        order by p.version desc, p.stream
        limit 1
    ) plan on true
    left join lateral (
        select o.*
        from occurrence_outcome o
        where o.activity_id = c.activity_id and o.occurrence = c.occurrence
            and o.recorded_at <= known_at
        order by o.version desc, o.stream
        limit 1
    ) ending on true
    left join lateral (
        select min(o.recorded_at) as recorded_at
        from occurrence_outcome o
        where o.activity_id = c.activity_id and o.occurrence = c.occurrence
            and o.recorded_at <= known_at and o.attendance is not null
    ) counted on true
    left join lateral (
        select min(r.recorded_at) as recorded_at
        from roll r
        where r.activity_id = c.activity_id and r.occurrence = c.occurrence
            and r.recorded_at <= known_at and r.final
    ) rolls on true
$$;

-- As before, every sitting that a plan or an outcome ever put near these dates; now by the function
-- above, so that one statement says what the state of a sitting is.
create or replace function occurrence_at(known_at timestamptz, since date, until date)
returns table (
    activity_id text, occurrence text, time_zone text, planned_on date, planned_at timestamptz,
    outcome text, began timestamptz, ended timestamptz, first_on date, last_on date,
    attendance integer, registrations integer,
    counted_at timestamptz, final_roll_at timestamptz
)
language sql stable parallel safe as $$
    with candidate as (
        select p.activity_id, p.occurrence
        from occurrence_plan p
        where p.planned_on between since and until and p.recorded_at <= known_at
        union
        select o.activity_id, o.occurrence
        from occurrence_outcome o
        where o.last_on >= since - 1 and o.first_on <= until + 1 and o.recorded_at <= known_at
    ),
    gathered as (
        select array_agg(c.activity_id) as activity_ids, array_agg(c.occurrence) as occurrences
        from candidate c
    )
    select s.*
    from gathered g
    cross join lateral sitting_at(known_at, g.activity_ids, g.occurrences) s
$$;

-- Who came to some sittings, in numbers and by name; arguments as of `attender_at`. One row for
-- each of them; `number` is its place in the arguments, counted from 1. The lists are those of
-- standing_sitting.
create function turnout_at(
    known_at timestamptz, activity_ids text[], occurrences text[],
    begans timestamptz[], endeds timestamptz[], starts timestamptz[],
    seconds_min integer, recording_days integer
)
returns table (
    number bigint, people integer, attended integer, attended_registered integer, erased integer,
    named integer, positions text[], position_attended integer[],
    cities text[], city_attended integer[], city_contributed integer[], city_named integer[],
    persons text[], flags smallint[]
)
language sql stable parallel safe as $$
    with person as materialized (
        select p.number, p.person, p.role, coalesce(p.city, '') as city, p.position, p.attended,
            p.registered, p.erased,
            (p.attended::integer + 2 * p.weak::integer
                + 4 * (p.attended and p.final and not p.registered)::integer
                + 8 * p.late::integer)::smallint as flags
        from attender_at(
            known_at, activity_ids, occurrences, begans, endeds, starts, seconds_min,
            recording_days
        ) p
    ),
    whole as (
        select p.number, count(*)::integer as people,
            count(*) filter (where p.attended)::integer as attended,
            count(*) filter (where p.attended and p.registered)::integer as attended_registered,
            count(*) filter (where p.attended and p.erased)::integer as erased,
            array_agg(p.person order by p.person) filter (where p.flags <> 0) as persons,
            array_agg(p.flags order by p.person) filter (where p.flags <> 0) as flags
        from person p
        group by p.number
    ),
    in_position as (
        select number, array_agg(position order by position) as positions,
            array_agg(attended order by position) as position_attended
        from (
            select p.number, p.position, count(*)::integer as attended
            from person p
            where p.attended
            group by p.number, p.position
        ) counted
        group by number
    ),
    -- What is said twice of a city is said once.
    mention as (
        select distinct s.number, m.city, m.part
        from unnest(activity_ids, occurrences) with ordinality
            as s (activity_id, occurrence, number)
        join city_mention m using (activity_id, occurrence)
        where m.recorded_at <= known_at
    ),
    of_city as (
        select number, array_agg(city order by city) as cities,
            array_agg(attended order by city) as city_attended,
            array_agg(contributed order by city) as city_contributed,
            array_agg(named order by city) as city_named,
            sum(named)::integer as named
        from (
            select number, city, sum(attended)::integer as attended,
                sum(contributed)::integer as contributed, sum(named)::integer as named
            from (
                select p.number, p.city, p.attended::integer as attended,
                    (p.role in ('host', 'panelist'))::integer as contributed, 0 as named
                from person p
                where p.attended or p.role in ('host', 'panelist')
                union all
                select m.number, m.city, 0, (m.part <> 'attended')::integer,
                    (m.part = 'attended')::integer
                from mention m
            ) way
            group by number, city
        ) counted
        group by number
    )
    select s.number, coalesce(w.people, 0), coalesce(w.attended, 0),
        coalesce(w.attended_registered, 0), coalesce(w.erased, 0), coalesce(c.named, 0),
        coalesce(i.positions, '{}'), coalesce(i.position_attended, '{}'),
        coalesce(c.cities, '{}'), coalesce(c.city_attended, '{}'),
        coalesce(c.city_contributed, '{}'), coalesce(c.city_named, '{}'),
        coalesce(w.persons, '{}'), coalesce(w.flags, '{}')
    from generate_series(1::bigint, cardinality(activity_ids)) as s (number)
    left join whole w using (number)
    left join in_position i using (number)
    left join of_city c using (number)
$$;

grant execute on function sitting_at, turnout_at to {role};
