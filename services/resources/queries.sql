-- put_resource
-- A work as it was described last.
insert into resource (resource_id, title, kind, publisher) values ($1, $2, $3, $4)
on conflict (resource_id) do update
   set title = excluded.title, kind = excluded.kind, publisher = excluded.publisher;

-- resource_page
-- Works in the order of their ids.
select resource_id
  from resource
 where resource_id > $1
   and ($2::text is null or kind = $2)
 order by resource_id
 limit $3;
