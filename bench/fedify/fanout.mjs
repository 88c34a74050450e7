// `node fanout.mjs KEY OWNER INBOXES ACTIVITIES DATABASE`: Fedify sends ACTIVITIES, each to every inbox listed, signed
// with the RSA key of a PEM file. With a DATABASE, deliveries wait in a durable queue; with "-" Fedify sends at once.
import { createPrivateKey } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { as, createFederation, MemoryKvStore } from "../../tests/interop/fedify/base.mjs";
import { DurableQueue, open, QUEUE_SCHEMA } from "./durable.mjs";

const [key, owner, list, count, database] = process.argv.slice(2);
const actor = new URL(owner);
const inboxes = JSON.parse(readFileSync(list, "utf-8"));
const total = inboxes.length * Number(count);

const queue = database === "-" ? undefined : new DurableQueue(open(database, QUEUE_SCHEMA));
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
if (queue) federation.startQueue(null);
while (queue && queue.handled < total) await setTimeout(5);
console.log(queue ? queue.handled : total);
await once(process.stdin, "data");
process.exit();
