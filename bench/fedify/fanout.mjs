// `node fanout.mjs KEY OWNER INBOXES ACTIVITIES DATABASE`: Fedify sends ACTIVITIES, each to every inbox listed, signed
// with the RSA key of a PEM file. With a DATABASE, deliveries wait in a durable queue; with "-" Fedify sends at once.
import { createPrivateKey } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { as, createFederation, MemoryKvStore } from "../../tests/interop/fedify/base.mjs";
import { open } from "./durable.mjs";

const AT_ONCE = 48; // as many as our own delivery has hosts
const [key, owner, list, count, database] = process.argv.slice(2);
const actor = new URL(owner);
const inboxes = JSON.parse(readFileSync(list, "utf-8"));
const total = inboxes.length * Number(count);

/** Fedify's MessageQueue over SQLite: a message is forgotten, on the disk, once it was handled. */
class DurableQueue {
  constructor(path) {
    const { db, write } = open(path, "CREATE TABLE messages (id INTEGER PRIMARY KEY, json TEXT) STRICT");
    this.write = write;
    this.insert = db.prepare("INSERT INTO messages (json) VALUES (?)");
    this.remove = db.prepare("DELETE FROM messages WHERE id = ?");
    this.next = db.prepare("SELECT id, json FROM messages WHERE id > ? ORDER BY id LIMIT 1000");
    this.ahead = [];
    this.last = this.handled = 0;
  }
  async enqueue(message) {
    await this.enqueueMany([message]);
  }
  async enqueueMany(messages) {
    await this.write(() => messages.forEach((message) => this.insert.run(JSON.stringify(message))));
  }
  take() {
    if (!this.ahead.length) this.ahead = this.next.all(this.last);
    const taken = this.ahead.shift();
    this.last = taken?.id ?? this.last;
    return taken;
  }
  async listen(handle) {
    const work = async () => {
      for (let taken; (taken = this.take());) {
        await handle(JSON.parse(taken.json));
        await this.write(() => this.remove.run(taken.id));
        this.handled++;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
}

const queue = database === "-" ? undefined : new DurableQueue(database);
const federation = createFederation({
  kv: new MemoryKvStore(),
  queue: queue && { outbox: queue },
  manuallyStartQueue: true,
  allowPrivateAddress: true,
  firstKnock: "draft-cavage-http-signatures-12",
  circuitBreaker: false,
});
const context = federation.createContext(new URL(actor.origin), null);
const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const privateKey = createPrivateKey(readFileSync(key)).toCryptoKey(rsa, true, ["sign"]);
const sender = { keyId: new URL("#main-key", actor), privateKey };
const recipients = inboxes.map((inbox) => ({ id: new URL(inbox + "#actor"), inboxId: new URL(inbox), endpoints: null }));

function create(number) {
  const note = { id: new URL(`/notes/${number}`, actor), attribution: actor, content: `Atelier ${number}` };
  return new as.Create({ id: new URL(`/creates/${number}`, actor), actor, object: new as.Note(note) });
}

console.log("ready");
await once(process.stdin, "data");
for (let number = 0; number < count; number++) {
  await context.sendActivity(sender, recipients, create(number), { fanout: "skip" });
}
if (queue) await queue.listen((message) => federation.processQueuedTask(null, message));
console.log(queue ? queue.handled : total);
await once(process.stdin, "data");
process.exit();
