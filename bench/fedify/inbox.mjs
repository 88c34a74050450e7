// `node inbox.mjs PORT KEYS DATABASE [queued]`: a Fedify inbox that answers 202 once what it verified is on the disk: the
// activity itself or, when `queued`, the message from which it is read again and stored, as Fedify's manual advises.
// KEYS: JSON lines {id, owner, pem}, put in Fedify's own cache of public keys as if they had been fetched before.
import { createInterface } from "node:readline";
import { createReadStream } from "node:fs";
import { as, createFederation, importPem, serve } from "../../tests/interop/fedify/base.mjs";
import { DurableKv, DurableQueue, KV_SCHEMA, open, QUEUE_SCHEMA } from "./durable.mjs";

const [port, keys, database, queued] = process.argv.slice(2);
const ACTIVITIES = "CREATE TABLE activities (id TEXT PRIMARY KEY, actor TEXT, json TEXT) STRICT;";
const store = open(database, ACTIVITIES + KV_SCHEMA + QUEUE_SCHEMA);
const insert = store.db.prepare("INSERT INTO activities VALUES (?, ?, ?)");
const kv = new DurableKv(store);
const queue = queued ? { inbox: new DurableQueue(store) } : undefined;
const federation = createFederation({ kv, queue, manuallyStartQueue: true });
const origin = `http://127.0.0.1:${port}`;

federation.setActorDispatcher("/users/{identifier}", (ctx, identifier) =>
  new as.Person({ id: ctx.getActorUri(identifier), inbox: ctx.getInboxUri(identifier) }));
federation.setInboxListeners("/users/{identifier}/inbox", "/inbox").on(as.Create, async (ctx, create) => {
  const json = JSON.stringify(await create.toJsonLd());
  await store.write(() => insert.run(create.id.href, create.actorId.href, json));
});

const context = federation.createContext(new URL(origin), null);
for await (const line of createInterface({ input: createReadStream(keys) })) {
  const { id, owner, pem } = JSON.parse(line);
  const key = new as.CryptographicKey({ id: new URL(id), owner: new URL(owner), publicKey: await importPem(pem) });
  await kv.set(["_fedify", "publicKey", id], await key.toJsonLd(context));
}
await serve(port, (request) => federation.fetch(request, { contextData: null }));
if (queue) federation.startQueue(null);
console.log("ready");
