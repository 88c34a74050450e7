// `node inbox.mjs PORT KEYS DATABASE`: a Fedify inbox that answers 202 once the activity it verified is on the disk.
// KEYS: JSON lines {id, owner, pem}, put in Fedify's own cache of public keys as if they had been fetched before.
import { createInterface } from "node:readline";
import { createReadStream } from "node:fs";
import { as, createFederation, importPem, serve } from "../../tests/interop/fedify/base.mjs";
import { DurableKv, KV_SCHEMA, open } from "./durable.mjs";

const [port, keys, database] = process.argv.slice(2);
const ACTIVITIES = "CREATE TABLE activities (id TEXT PRIMARY KEY, actor TEXT, json TEXT) STRICT;";
const store = open(database, ACTIVITIES + KV_SCHEMA);
const insert = store.db.prepare("INSERT INTO activities VALUES (?, ?, ?)");
const kv = new DurableKv(store);
const federation = createFederation({ kv });
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
console.log("ready");
