-- Whom works reached, counted as facts come, so that a report costs the cities and the works that it
-- shows and not every delivery and download of its quarters. The projection of each fact moves these
-- counts in its own transaction (`count_reach` in queries.sql), so they are always level with the
-- rows. A report "as known then" is counted from resource_delivery and resource_download.

-- How often a work was handed to a city, and downloaded for it, on a stated date; downloads stand
-- under the first day of their month. Only of these can be told which cities are one and the same.
create table reach (
    city text collate "C" not null,
    resource_id text collate "C" not null,
    last_on date not null,
    first_on date not null,
    deliveries integer not null,
    downloads integer not null,
    primary key (city, resource_id, last_on, first_on)
);

-- How often a city was reached in the days that no window tells apart (stretch_around); '' for
-- downloads of which no city is known. Counts change in place: they leave room for it.
create table reach_by_city (
    first_on date not null,
    last_on date not null,
    city text collate "C" not null,
    deliveries integer not null,
    downloads integer not null,
    primary key (first_on, last_on, city)
) with (fillfactor = 70);

-- To how many cities, as they were pointed to, a work was handed within a window.
create table reach_by_work (
    first_on date not null,
    last_on date not null,
    resource_id text collate "C" not null,
    cities integer not null,
    primary key (first_on, last_on, resource_id)
) with (fillfactor = 70);

-- The days around a stated date that no window of resources tells apart from it: its quarter, or the
-- date itself where it fits into none. As domain/period.py has it, without the epoch, which says
-- since when cities are engaged and nothing of works.
create function stretch_around(since date, until date)
returns table (first_on date, last_on date)
language sql immutable parallel safe as $$
    select
        case when until < quarter.following then quarter.first_on else since end,
        case when until < quarter.following then quarter.following - 1 else until end
    from (
        select date_trunc('quarter', since::timestamp)::date as first_on,
            (date_trunc('quarter', since::timestamp) + interval '3 months')::date as following
    ) quarter
$$;

-- The windows that hold a stated date: its quarter, and the four quarters that end with that one and
-- with each of the next three.
create function windows_around(since date, until date)
returns table (first_on date, last_on date)
language sql immutable parallel safe as $$
    select
        (date_trunc('quarter', since::timestamp) + months_before * interval '1 month')::date,
        (date_trunc('quarter', since::timestamp) + months_behind * interval '1 month')::date - 1
    from (values (0, 3), (-9, 3), (-6, 6), (-3, 9), (0, 12)) as w (months_before, months_behind)
    where until
        < (date_trunc('quarter', since::timestamp) + months_behind * interval '1 month')::date
$$;

grant select, insert, update on reach, reach_by_city, reach_by_work to {role};
grant execute on function stretch_around, windows_around to {role};

-- What the facts so far have said.
insert into reach
select city, resource_id, last_on, first_on, sum(deliveries), sum(downloads)
from (
    select city, resource_id, last_on, first_on, 1 as deliveries, 0 as downloads
    from resource_delivery
    union all
    select city, resource_id, day, day, 0, 1
    from resource_download
    cross join lateral (select date_trunc('month', downloaded_on::timestamp)::date as day) month
    where city is not null
) said
group by city, resource_id, last_on, first_on;

insert into reach_by_city
select s.first_on, s.last_on, said.city, sum(said.deliveries), sum(said.downloads)
from (
    select city, last_on, first_on, deliveries, downloads
    from reach
    union all
    select '', downloaded_on, downloaded_on, 0, count(*)
    from resource_download
    where city is null
    group by downloaded_on
) said
cross join lateral stretch_around(said.first_on, said.last_on) s
group by s.first_on, s.last_on, said.city;

insert into reach_by_work
select w.first_on, w.last_on, reach.resource_id, count(distinct reach.city)
from reach
cross join lateral windows_around(reach.first_on, reach.last_on) w
where reach.deliveries > 0
group by w.first_on, w.last_on, reach.resource_id;
