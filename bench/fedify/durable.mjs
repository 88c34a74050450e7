// SQLite as strict as our own store (WAL, synchronous=FULL), with one commit for all that waits in a turn of the loop;
// and Fedify's KvStore on it, since its MemoryKvStore is not for production.
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
