-- rejected_after
-- A page of rejected messages by their numbers, ended by a count or by their bytes.
select rejection_id, source, id, type, detail, violations::text as violations, subject,
       headers::text as headers, body
  from (
    select page.*,
           sum(length(body)) over (order by rejection_id) - length(body) as bytes_before
      from (
        select * from rejected where rejection_id > $1 order by rejection_id limit $2
      ) page
  ) sized
 where bytes_before < $3
 order by rejection_id;

-- rewrite_rejected
-- A rejected message without a person: number, source, reason, trace and time stay as they were.
update rejected
   set id = $2, type = $3, detail = $4, violations = $5, subject = $6, headers = $7, body = $8
 where rejection_id = $1;

-- waiting_after
-- A page of waiting messages by their keys, ended by a count or by their bytes.
select source, id, subject, headers::text as headers, body
  from (
    select page.*,
           sum(length(body)) over (order by source, id) - length(body) as bytes_before
      from (
        select * from waiting where (source, id) > ($1, $2) order by source, id limit $3
      ) page
  ) sized
 where bytes_before < $4
 order by source, id;

-- rewrite_waiting
-- A waiting message without a person; its digest stays, so that a repeat of it is known.
update waiting set headers = $3, body = $4 where source = $1 and id = $2;

-- ids_of_messages
-- The ids of messages, which stay for ever: a page of those that came in, waiting or not.
select source, id from (
    select source, id from inbox union all select source, id from waiting
) came
 where (source, id) > ($1, $2)
 order by source, id
 limit $3;
