-- session_ended
-- Whether somebody has ended a session.
select exists (select from ended_session where session = $1);

-- end_session
-- A session that was ended, until its hours are over.
insert into ended_session (session, until) values ($1, $2) on conflict do nothing;

-- forget_ended_sessions
-- Sessions whose hours were over at a moment open nothing any more.
delete from ended_session where until < $1;
