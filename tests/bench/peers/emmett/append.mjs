// Appends one event to a stream of its own, again and again, so many at a time and for so many seconds.
import { getPostgreSQLEventStore } from "@event-driven-io/emmett-postgresql";
import { randomUUID } from "node:crypto";

const [address, width, seconds, data] = process.argv.slice(2);
const store = getPostgreSQLEventStore(address);
await store.schema.migrate();

const append = () =>
  store.appendToStream(`CheckIn-${randomUUID()}`, [{ type: "CheckInRecorded", data: JSON.parse(data) }]);
await append();

const times = [];
const begun = performance.now();
async function again() {
  while (performance.now() - begun < Number(seconds) * 1000) {
    const from = performance.now();
    await append();
    times.push(performance.now() - from);
  }
}
await Promise.all(Array.from({ length: Number(width) }, again));
const taken = (performance.now() - begun) / 1000;
times.sort((a, b) => a - b);
console.log(JSON.stringify({ appended: times.length, seconds: taken, p50: times[Math.floor(times.length / 2)] / 1000 }));
await store.close();
process.exit(0);
