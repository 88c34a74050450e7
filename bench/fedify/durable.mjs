// SQLite as strict as our own store (WAL, synchronous=FULL), with one commit for all that waits in a turn of the loop;
// and on it Fedify's KvStore and MessageQueue, whose in-memory ones are not for production.
import { DatabaseSync } from "node:sqlite";

/** A database where `write(act)` resolves once what `act()` did is on the disk. */
export function open(path, schema) {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${schema}`);
  let waiting = [];
  const commit = () => {
    const together = waiting;
    waiting = [];
    db.exec("BEGIN IMMEDIATE");
    for (const { act } of together) act();
    db.exec("COMMIT");
    for (const { done } of together) done();
  };
  const write = (act) => new Promise((done) => {
    if (waiting.push({ act, done }) === 1) setImmediate(commit);
  });
  return { db, write };
}

export const KV_SCHEMA = "CREATE TABLE kv (key TEXT PRIMARY KEY, value TEXT NOT NULL, until INTEGER) STRICT;";

/** Where Fedify keeps public keys, what it has seen, and how each host wants to be spoken to. */
export class DurableKv {
  constructor({ db, write }) {
    this.write = write;
    this.select = db.prepare("SELECT value, until FROM kv WHERE key = ?");
    this.put = db.prepare("INSERT OR REPLACE INTO kv VALUES (?, ?, ?)");
    this.drop = db.prepare("DELETE FROM kv WHERE key = ?");
  }
  async get(key) {
    const row = this.select.get(JSON.stringify(key));
    return row && (row.until ?? Infinity) > Date.now() ? JSON.parse(row.value) : undefined;
  }
  async set(key, value, options) {
    const until = options?.ttl ? Date.now() + options.ttl.total("millisecond") : null;
    await this.write(() => this.put.run(JSON.stringify(key), JSON.stringify(value), until));
  }
  async delete(key) {
    await this.write(() => this.drop.run(JSON.stringify(key)));
  }
}

export const QUEUE_SCHEMA = "CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, json TEXT NOT NULL) STRICT;";
const AT_ONCE = 48; // as many as our own delivery has connections

/** A message is forgotten, on the disk, once it was handled; `handled` counts those. */
export class DurableQueue {
  constructor({ db, write }) {
    this.write = write;
    this.insert = db.prepare("INSERT INTO messages (json) VALUES (?)");
    this.remove = db.prepare("DELETE FROM messages WHERE id = ?");
    this.next = db.prepare("SELECT id, json FROM messages WHERE id > ? ORDER BY id LIMIT 1000");
    this.ahead = [];
    this.idle = [];
    this.last = this.handled = 0;
  }
  async enqueue(message) {
    await this.enqueueMany([message]);
  }
  async enqueueMany(messages) {
    await this.write(() => messages.forEach((message) => this.insert.run(JSON.stringify(message))));
    this.idle.splice(0, messages.length).forEach((wake) => wake());
  }
  async take() {
    for (;;) {
      if (!this.ahead.length) this.ahead = this.next.all(this.last);
      const taken = this.ahead.shift();
      if (taken) return (this.last = taken.id, taken);
      await new Promise((wake) => this.idle.push(wake));
    }
  }
  async listen(handle) {
    const work = async () => {
      for (;;) {
        const { id, json } = await this.take();
        await handle(JSON.parse(json));
        await this.write(() => this.remove.run(id));
        this.handled++;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
}
