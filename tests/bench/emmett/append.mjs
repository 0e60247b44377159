// Emmett appending to PostgreSQL, as its users would: one event at a time, 16 writers side by
// side, and thousands at once. Where the database is, the PG… variables say; prints one JSON line.
import { getPostgreSQLEventStore } from "@event-driven-io/emmett-postgresql";

const { PGUSER, PGPASSWORD, PGHOST, PGDATABASE } = process.env;
const address = new URL(`postgresql://localhost/${PGDATABASE}`);
address.username = PGUSER;
address.password = PGPASSWORD;
address.searchParams.set("host", PGHOST);

const ROUNDS = Number(process.argv[2]);
const SECONDS = Number(process.argv[3]);
const BULK = 1000;
const WRITERS = 16;

const data = JSON.parse(process.argv[4]);
const store = getPostgreSQLEventStore(address.toString());
let streams = 0;

const events = (count) =>
  Array.from({ length: count }, () => ({ type: "ParticipantJoined", data }));

async function append(count) {
  streams += 1;
  await store.appendToStream(`participation-${streams}`, events(count));
  return count;
}

async function rate(writers, count) {
  const started = performance.now();
  const until = started + SECONDS * 1000;
  const write = async () => {
    let written = 0;
    while (performance.now() < until) written += await append(count);
    return written;
  };
  const written = await Promise.all(Array.from({ length: writers }, write));
  const seconds = (performance.now() - started) / 1000;
  return written.reduce((sum, each) => sum + each, 0) / seconds;
}

const rounds = { single: [], writers: [], bulk: [] };
await append(1); // makes the tables
for (let round = 0; round < ROUNDS; round += 1) {
  rounds.single.push(await rate(1, 1));
  rounds.writers.push(await rate(WRITERS, 1));
  rounds.bulk.push(await rate(1, BULK));
}
await store.close();
console.log(JSON.stringify(rounds));
