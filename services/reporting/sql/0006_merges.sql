-- Activities and people that count as others because a person said so. What was recorded of them
-- stays as it is: the functions below ask of every sitting for all its parts, and of every person
-- for all their keys, so that a merge taken back is as if it had never been.

create table merge (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    kind text not null,         -- activities or people
    id text collate "C" not null,
    into_id text collate "C",   -- empty when it stands for itself again
    primary key (kind, id, version, stream)
);

create table duplicate_dismissal (
    stream text collate "C" not null,
    version integer not null,
    recorded_at timestamptz not null,
    kind text not null, -- activities or people
    first_id text collate "C" not null,
    second_id text collate "C" not null,
    dismissed boolean not null, -- otherwise it is a question again
    primary key (kind, first_id, second_id, version, stream)
);

grant select, insert on merge, duplicate_dismissal to {role};

-- What each merged activity, or each key of a person, counts as in the end: the last of all that it
-- counts as one after the other. Merges of different ones stand in different streams, so they may
-- close a circle, which `union` ends; of a circle the first by name stands for itself.
create function alias_at(known_at timestamptz, of_kind text) returns table (id text, root_id text)
language sql stable parallel safe as $$
    with recursive merged as (
        select latest.id, latest.into_id
        from (
            select distinct on (m.id) m.id, m.into_id
            from merge m
            where m.kind = of_kind and m.recorded_at <= known_at
            order by m.id, m.version desc, m.stream
        ) latest
        where latest.into_id is not null
    ),
    way (id, via) as (
        select m.id, m.into_id from merged m
        union
        select w.id, m.into_id from way w join merged m on m.id = w.via
    ),
    root as (
        select w.id, coalesce(
            min(w.via) filter (where not exists (select from merged m where m.id = w.via)),
            min(w.via) filter (where exists (
                select from way round where round.id = w.via and round.via = w.via))
        ) as root_id
        from way w
        group by w.id
    )
    select r.id, r.root_id from root r where r.id <> r.root_id
$$;

-- The sittings whose facts count at some sittings: each itself, and those of the same name of
-- activities that count as its own; of a merged activity none. `number` is the place of the sitting
-- in the arguments, counted from 1; `own` tells the sitting itself, `alone` that it has no other.
create function part_at(known_at timestamptz, activity_ids text[], occurrences text[])
returns table (number bigint, activity_id text, occurrence text, own boolean, alone boolean)
language sql stable parallel safe as $$
    with alias as materialized (select * from alias_at(known_at, 'activities'))
    select s.number, s.activity_id, s.occurrence, true,
        not exists (select from alias a where a.root_id = s.activity_id)
    from unnest(activity_ids, occurrences) with ordinality as s (activity_id, occurrence, number)
    where not exists (select from alias a where a.id = s.activity_id)
    union all
    select s.number, a.id, s.occurrence, false, false
    from unnest(activity_ids, occurrences) with ordinality as s (activity_id, occurrence, number)
    join alias a on a.root_id = s.activity_id
$$;

-- The latest description of each activity; its leads are those of the announcement, of the latest
-- claim of every other system that published it, and of activities that count as it.
create or replace function activity_at(known_at timestamptz, activity_ids text[])
returns table (
    activity_id text, version integer, announced_by text, kind text, title text, organisers text[],
    time_zone text, delivery text, themes text[], phase text, languages text[], series text
)
language sql stable parallel safe as $$
    with alias as materialized (select * from alias_at(known_at, 'activities'))
    select
        latest.activity_id, latest.version, latest.announced_by, latest.kind, latest.title,
        latest.organisers || coalesce(claims.organisers, '{}') || coalesce(merged.organisers, '{}'),
        latest.time_zone, latest.delivery, latest.themes, latest.phase, latest.languages,
        latest.series
    from unnest(activity_ids) as wanted (activity_id)
    cross join lateral (
        select d.*
        from activity_description d
        where d.activity_id = wanted.activity_id and d.recorded_at <= known_at
        order by d.version desc, d.stream
        limit 1
    ) latest
    left join lateral (
        select array_agg(organiser) as organisers
        from (
            select distinct on (c.claimed_by) c.organisers
            from activity_claim c
            where c.activity_id = wanted.activity_id and c.recorded_at <= known_at
            order by c.claimed_by, c.version desc, c.stream
        ) claim, unnest(claim.organisers) as organiser
    ) claims on true
    left join lateral (
        select array_agg(organiser) as organisers
        from alias a
        cross join lateral (
            (
                select d.organisers
                from activity_description d
                where d.activity_id = a.id and d.recorded_at <= known_at
                order by d.version desc, d.stream
                limit 1
            )
            union all
            (
                select distinct on (c.claimed_by) c.organisers
                from activity_claim c
                where c.activity_id = a.id and c.recorded_at <= known_at
                order by c.claimed_by, c.version desc, c.stream
            )
        ) said, unnest(said.organisers) as organiser
        where a.root_id = wanted.activity_id
    ) merged on true
$$;

-- The latest state of some sittings, whether anything is known of them or not. Of several parts one
-- that was held tells what became of it, else the sitting itself (who calls off a second listing
-- calls off nothing), else the first by name.
create or replace function sitting_at(
    known_at timestamptz, activity_ids text[], occurrences text[]
)
returns table (
    activity_id text, occurrence text, time_zone text, planned_on date, planned_at timestamptz,
    outcome text, began timestamptz, ended timestamptz, first_on date, last_on date,
    attendance integer, registrations integer,
    counted_at timestamptz, final_roll_at timestamptz
)
language sql stable parallel safe as $$
    with part as materialized (
        select c.number, c.activity_id, c.own, c.alone,
            coalesce(plan.time_zone, announced.time_zone) as time_zone,
            plan.planned_on, plan.planned_at, ending.held, ending.began, ending.ended,
            ending.first_on, ending.last_on, ending.attendance, ending.registrations,
            counted.recorded_at as counted_at, rolls.recorded_at as final_roll_at
        from part_at(known_at, activity_ids, occurrences) c
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
    ),
    planned as (
        select distinct on (p.number) p.number, p.time_zone, p.planned_on, p.planned_at
        from part p
        where not p.alone
        order by p.number, p.planned_on is null, p.own desc, p.activity_id
    ),
    ended as (
        select distinct on (p.number) p.*
        from part p
        where not p.alone
        order by p.number, coalesce(p.held, false) desc,
            p.own and (p.held is not null or p.planned_on is not null) desc,
            p.held is not null desc, p.activity_id
    ),
    told as (
        select p.number, min(p.counted_at) as counted_at, min(p.final_roll_at) as final_roll_at,
            max(p.attendance) filter (where p.held) as attendance
        from part p
        where not p.alone
        group by p.number
    ),
    state as (
        select p.number, p.time_zone, p.planned_on, p.planned_at, p.held, p.began, p.ended,
            p.first_on, p.last_on, p.attendance, p.registrations, p.counted_at, p.final_roll_at
        from part p
        where p.alone
        union all
        select e.number, p.time_zone, p.planned_on, p.planned_at, e.held, e.began, e.ended,
            e.first_on, e.last_on, coalesce(e.attendance, t.attendance), e.registrations,
            t.counted_at, t.final_roll_at
        from ended e
        join planned p using (number)
        join told t using (number)
    )
    select
        c.activity_id, c.occurrence, s.time_zone, s.planned_on, s.planned_at,
        case s.held when true then 'held' when false then 'cancelled' end,
        case when s.held then s.began end,
        case when s.held then s.ended end,
        case when s.held then s.first_on end,
        case when s.held then s.last_on end,
        case when s.held then s.attendance end,
        case when not s.held then s.registrations end,
        s.counted_at, s.final_roll_at
    from unnest(activity_ids, occurrences) with ordinality as c (activity_id, occurrence, number)
    left join state s using (number)
$$;

-- Every sitting that a plan or an outcome of one of its parts ever put near these dates.
create or replace function occurrence_at(known_at timestamptz, since date, until date)
returns table (
    activity_id text, occurrence text, time_zone text, planned_on date, planned_at timestamptz,
    outcome text, began timestamptz, ended timestamptz, first_on date, last_on date,
    attendance integer, registrations integer,
    counted_at timestamptz, final_roll_at timestamptz
)
language sql stable parallel safe as $$
    with near as (
        select p.activity_id, p.occurrence
        from occurrence_plan p
        where p.planned_on between since and until and p.recorded_at <= known_at
        union
        select o.activity_id, o.occurrence
        from occurrence_outcome o
        where o.last_on >= since - 1 and o.first_on <= until + 1 and o.recorded_at <= known_at
    ),
    candidate as (
        select distinct coalesce(a.root_id, n.activity_id) as activity_id, n.occurrence
        from near n
        left join alias_at(known_at, 'activities') a on a.id = n.activity_id
    ),
    gathered as (
        select array_agg(c.activity_id) as activity_ids, array_agg(c.occurrence) as occurrences
        from candidate c
    )
    select s.*
    from gathered g
    cross join lateral sitting_at(known_at, g.activity_ids, g.occurrences) s
$$;

-- The roll that counts for each part of some sittings: the latest final one, else the latest there
-- is.
create or replace function counted_roll_at(
    known_at timestamptz, activity_ids text[], occurrences text[]
)
returns setof roll
language sql stable parallel safe as $$
    select latest.*
    from part_at(known_at, activity_ids, occurrences) s
    cross join lateral (
        select r.*
        from roll r
        where r.activity_id = s.activity_id and r.occurrence = s.occurrence
            and r.recorded_at <= known_at
        order by r.final desc, r.version desc, r.stream
        limit 1
    ) latest
$$;

-- Everybody who was at these occurrences in any role, one row per occurrence and person; `number`
-- is the place of the occurrence in the arguments, counted from 1.
--
-- Of each part a final roll counts alone. Until there is one, the latest provisional roll and the
-- joins and leaves of the live webhook are united. In that union `inside` is how many of a person's
-- devices are in: they are present while it is above the lowest it ever was or zero, whichever is
-- less, so a leave without a join counts from the actual start and a join without a leave until the
-- end. What the parts say of a person is united, and so is what is said of each of their keys; whom
-- somebody has told to be another is no longer known only weakly.
create or replace function participant_at(
    known_at timestamptz, activity_ids text[], occurrences text[],
    begans timestamptz[], endeds timestamptz[]
)
returns table (
    number bigint, person text, weak boolean, role text, city text, city_by_domain text,
    "position" text, listed boolean, seconds double precision, intervals tstzmultirange,
    ended timestamptz, final boolean
)
language sql stable parallel safe as $$
    with alias as materialized (select * from alias_at(known_at, 'people')),
    related as materialized (
        select a.id as person from alias a union select a.root_id from alias a
    ),
    sitting as materialized (
        select s.number, s.activity_id, s.occurrence, s.alone, w.began, w.ended,
            r.stream, r.version, coalesce(r.final, false) as final
        from part_at(known_at, activity_ids, occurrences) s
        join unnest(begans, endeds) with ordinality as w (began, ended, number) using (number)
        left join counted_roll_at(known_at, activity_ids, occurrences) r
            using (activity_id, occurrence)
    ),
    step as (
        select distinct on (s.number, person, p.at, p.entered)
            s.number, s.began, s.ended, coalesce(a.root_id, p.person) as person,
            p.weak and a.id is null as weak, p.role, p.city, p.city_by_domain,
            p.entered, p.at
        from sitting s
        join passage p using (activity_id, occurrence)
        left join alias a on a.id = p.person
        where not s.final and p.recorded_at <= known_at
        order by s.number, person, p.at, p.entered desc, p.stream, p.version
    ),
    running as (
        select step.*,
            sum(case when entered then 1 else -1 end) over sequence as inside,
            lead(at) over sequence as next_at,
            row_number() over sequence = 1 as opens
        from step
        window sequence as (
            partition by number, person order by at, entered desc rows unbounded preceding
        )
    ),
    balance as (
        select running.*, least(0, min(inside) over (partition by number, person)) as outside
        from running
    ),
    said as (
        select s.number, coalesce(a.root_id, p.person) as person,
            p.weak and a.id is null as weak, p.role, p.city, p.city_by_domain, p.position,
            p.listed, p.intervals, s.began, s.ended, false as live, s.final
        from sitting s
        join roll_participant p using (stream, version)
        left join alias a on a.id = p.person
        where not (s.final and s.alone)
        union all
        select s.number, coalesce(a.root_id, p.person), p.weak and a.id is null, p.role,
            p.city, p.city_by_domain, p.position, p.listed, p.intervals, s.began, s.ended,
            false, true
        from sitting s
        join roll_participant p using (stream, version)
        join related r on r.person = p.person
        left join alias a on a.id = p.person
        where s.final and s.alone
        union all
        select number, person, weak, role, city, city_by_domain, null, false,
            case when inside > outside and at < coalesce(next_at, ended)
                then tstzmultirange(tstzrange(at, coalesce(next_at, ended)))
                else '{}'::tstzmultirange end
            + case when opens and outside < 0 and began < at
                then tstzmultirange(tstzrange(began, at))
                else '{}'::tstzmultirange end,
            began, ended, true, false
        from balance
    ),
    united as (
        -- Where a person was given several cities, the roll goes first, then the first by name:
        -- an order that does not depend on the order of arrival.
        select p.number, p.person, bool_or(p.weak) as weak,
            (array['attendee', 'panelist', 'host', 'staff', 'test'])[max(array_position(
                array['attendee', 'panelist', 'host', 'staff', 'test'], p.role))] as role,
            coalesce(min(p.city) filter (where not p.live), min(p.city)) as city,
            coalesce(min(p.city_by_domain) filter (where not p.live), min(p.city_by_domain))
                as city_by_domain,
            min(p.position) as position, bool_or(p.listed) as listed,
            range_agg(p.intervals) as intervals, min(p.began) as began, min(p.ended) as ended,
            bool_or(p.final) as final
        from said p
        group by p.number, p.person
    )
    select s.number, p.person, p.weak, p.role, p.city, p.city_by_domain, p.position, p.listed,
        seconds_within(p.intervals, s.began, s.ended), p.intervals, s.ended, true
    from sitting s
    join roll_participant p using (stream, version)
    where s.final and s.alone and not exists (select from related r where r.person = p.person)
    union all
    select u.number, u.person, u.weak, u.role, u.city, u.city_by_domain, u.position, u.listed,
        seconds_within(u.intervals, u.began, u.ended), u.intervals, u.ended, u.final
    from united u
$$;

-- Who registered for these occurrences; it counts unless cancelled before the start. Whoever is
-- registered at several parts, or under several keys, is registered while one of these counts.
create or replace function registration_at(
    known_at timestamptz, activity_ids text[], occurrences text[], starts timestamptz[]
)
returns table (
    number bigint, person text, city text, city_by_domain text, "position" text, counts boolean
)
language sql stable parallel safe as $$
    with said as materialized (
        select s.number, w.starts, r.person, r.received, r.city, r.city_by_domain, r.position,
            r.at, r.version, r.stream
        from part_at(known_at, activity_ids, occurrences) s
        join unnest(starts) with ordinality as w (starts, number) using (number)
        join registration r using (activity_id, occurrence)
        where r.recorded_at <= known_at
    ),
    -- One stream is one person's part in one sitting.
    withdrawn as (
        select w.number, w.stream, max(w.version) as version
        from said w
        where not w.received and (w.starts is null or w.at < w.starts)
        group by w.number, w.stream
    ),
    latest as (
        select distinct on (r.number, r.stream)
            r.number, coalesce(a.root_id, r.person) as person, r.city, r.city_by_domain,
            r.position, w.version is null or w.version < r.version as counts
        from said r
        left join withdrawn w on w.number = r.number and w.stream = r.stream
        left join alias_at(known_at, 'people') a on a.id = r.person
        where r.received
        order by r.number, r.stream, r.version desc
    )
    select l.number, l.person,
        coalesce(min(l.city) filter (where l.counts), min(l.city)),
        coalesce(min(l.city_by_domain) filter (where l.counts), min(l.city_by_domain)),
        coalesce(min(l.position) filter (where l.counts), min(l.position)),
        bool_or(l.counts)
    from latest l
    group by l.number, l.person
$$;

-- Who was there, and in which way it counts: the only place that says "attended".
--
-- The city is the one declared at the occurrence, else at the registration, else the one of the
-- e-mail domain in the same order; the first that was given decides, also while it is not known
-- which city it means.
create or replace function attender_at(
    known_at timestamptz, activity_ids text[], occurrences text[],
    begans timestamptz[], endeds timestamptz[], starts timestamptz[],
    seconds_min integer, recording_days integer
)
returns table (
    number bigint, person text, weak boolean, role text, city text, "position" text,
    attended boolean, registered boolean, late boolean, erased boolean, final boolean
)
language sql stable parallel safe as $$
    with person as materialized (
        select p.*,
            p.role = 'attendee' and (p.listed or p.seconds >= seconds_min) as attended
        from participant_at(known_at, activity_ids, occurrences, begans, endeds) p
    ),
    registrant as materialized (
        select * from registration_at(known_at, activity_ids, occurrences, starts)
    )
    select p.number, p.person, p.weak, p.role,
        coalesce(p.city, g.city, p.city_by_domain, g.city_by_domain),
        coalesce(p.position, g.position),
        p.attended, coalesce(g.counts, false),
        p.role = 'attendee' and not p.attended and upper(p.intervals) > p.ended and exists (
            select from unnest(p.intervals) as piece
            where lower(piece) >= p.ended
                and lower(piece) <= p.ended + make_interval(days => recording_days)
        ),
        e.person is not null,
        p.final
    from person p
    left join registrant g on g.number = p.number and g.person = p.person
    left join (
        select distinct coalesce(a.root_id, e.person) as person
        from person_erasure e
        left join alias_at(known_at, 'people') a on a.id = e.person
        where e.recorded_at <= known_at
    ) e on e.person = p.person
$$;

-- Who came to some sittings, in numbers and by name; arguments as of `attender_at`. One row for
-- each of them; `number` is its place in the arguments, counted from 1. The lists are those of
-- standing_sitting.
create or replace function turnout_at(
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
        from part_at(known_at, activity_ids, occurrences) s
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

grant execute on function alias_at, part_at to {role};
