// A Fedify server with one actor, /users/alice: `node server.mjs PORT DIALECT`, told what to do in JSON lines. It signs
// in that dialect of HTTP signatures, and takes no other.
import { configure } from "@logtape/logtape";
import { createInterface } from "node:readline";
import {
  as, createFederation, generateCryptoKeyPair, getDocumentLoader, MemoryKvStore, serve, verifyObject,
} from "./base.mjs";

const [port, dialect] = process.argv.slice(2);
const ME = "alice";
const pairs = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")];
const notes = new Map(); // number → content
const followers = new Map(); // IRI → actor
const received = []; // activities, as Fedify read them
let made = 0;
let name = "Alice";

const log = ({ category, message, properties }) =>
  console.error(category.join("."), message.join("").slice(0, 300), properties.error ?? properties.reason ?? "");
const loggers = [["fedify", "error"], [["logtape", "meta"], "error"]];
await configure({
  sinks: { log },
  loggers: loggers.map(([category, lowestLevel]) => ({ category, lowestLevel, sinks: ["log"] })),
});

const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true, firstKnock: dialect });

federation.setActorDispatcher("/users/{identifier}", (ctx, identifier) => identifier === ME ? alice(ctx) : null)
  .setKeyPairsDispatcher(() => pairs);
federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));
federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [...followers.values()] }));
federation.setObjectDispatcher(as.Note, "/notes/{number}", (ctx, { number }) =>
  notes.has(number) ? note(ctx, number) : null);

const keep = async (ctx, activity) => received.push(await activity.toJsonLd(ctx));
federation.setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(as.Follow, async (ctx, follow) => {
    const follower = await follow.getActor(ctx);
    followers.set(follower.id.href, follower);
    await keep(ctx, follow);
    const accept = { id: next(ctx, "accept"), actor: follow.objectId, object: follow };
    await ctx.sendActivity({ identifier: ME }, follower, new as.Accept(accept));
  })
  .on(as.Undo, async (ctx, undo) => {
    if (await undo.getObject(ctx) instanceof as.Follow) followers.delete(undo.actorId.href);
    await keep(ctx, undo);
  })
  .on(as.Activity, keep);

const next = (ctx, kind) => new URL(`/${kind}/${++made}`, ctx.canonicalOrigin);

async function alice(ctx) {
  const keys = await ctx.getActorKeyPairs(ME);
  return new as.Person({
    id: ctx.getActorUri(ME),
    preferredUsername: ME,
    name,
    inbox: ctx.getInboxUri(ME),
    outbox: ctx.getOutboxUri(ME),
    followers: ctx.getFollowersUri(ME),
    endpoints: new as.Endpoints({ sharedInbox: ctx.getInboxUri() }),
    publicKey: keys[0].cryptographicKey,
    assertionMethods: keys.map((key) => key.multikey),
  });
}

function note(ctx, number) {
  return new as.Note({
    id: ctx.getObjectUri(as.Note, { number }),
    attribution: ctx.getActorUri(ME),
    to: as.PUBLIC_COLLECTION,
    content: notes.get(number),
  });
}

/** Say something about a note, or about what an IRI names, to all followers. */
async function say(ctx, Activity, object) {
  const said = { id: next(ctx, "activity"), actor: ctx.getActorUri(ME), to: as.PUBLIC_COLLECTION, object };
  await ctx.sendActivity({ identifier: ME }, "followers", new Activity(said));
  return said.id.href;
}

const actions = {
  /** Ask to follow an actor, by its URL. */
  async follow(ctx, { actor }) {
    const found = await ctx.lookupObject(actor);
    const follow = new as.Follow({ id: next(ctx, "follow"), actor: ctx.getActorUri(ME), object: found.id });
    await ctx.sendActivity({ identifier: ME }, found, follow);
    return follow.id.href;
  },
  async unfollow(ctx, { actor, follow }) {
    const found = await ctx.lookupObject(actor);
    const object = new as.Follow({ id: new URL(follow), actor: ctx.getActorUri(ME), object: found.id });
    const undo = new as.Undo({ id: next(ctx, "undo"), actor: ctx.getActorUri(ME), object });
    await ctx.sendActivity({ identifier: ME }, found, undo);
  },
  async create(ctx, { number, content }) {
    notes.set(number, content);
    await say(ctx, as.Create, note(ctx, number));
    return ctx.getObjectUri(as.Note, { number }).href;
  },
  async update(ctx, { number, content }) {
    notes.set(number, content);
    return await say(ctx, as.Update, note(ctx, number));
  },
  async delete(ctx, { number }) {
    notes.delete(number);
    return await say(ctx, as.Delete, new as.Tombstone({ id: ctx.getObjectUri(as.Note, { number }) }));
  },
  /** Take another name, and tell the followers. */
  async rename(ctx, told) {
    name = told.name;
    return await say(ctx, as.Update, await alice(ctx));
  },
  announce: (ctx, { object }) => say(ctx, as.Announce, new URL(object)),
  state: () => ({ followers: [...followers.keys()], received }),
  /** What a URL serves, read into Fedify's vocabulary and written from it again, in the same context. */
  async read(ctx, { url }) {
    const { document } = await getDocumentLoader({ allowPrivateAddress: true })(url);
    const object = await as.Object.fromJsonLd(document, ctx);
    return await object.toJsonLd({ ...ctx, format: "compact", context: document["@context"] });
  },
  /** The ids of all that a collection holds, page after page. */
  async collection(ctx, { url }) {
    const ids = [];
    for await (const item of ctx.traverseCollection(await ctx.lookupObject(url))) ids.push(item.id.href);
    return ids;
  },
  webfinger: (ctx, { resource }) => ctx.lookupWebFinger(resource),
  /** Whether an object proof holds. */
  verify: async (ctx, { json }) => (await verifyObject(as.Object, json, ctx)) !== null,
};

const origin = await serve(port, (request) => {
  const isOther = request.headers.has("signature-input") !== (dialect === "rfc9421");
  if (request.method === "POST" && isOther) return new Response("another dialect", { status: 401 });
  return federation.fetch(request, { contextData: null });
});
console.log(JSON.stringify({ ready: origin }));
for await (const line of createInterface({ input: process.stdin })) {
  const { do: action, ...told } = JSON.parse(line);
  try {
    const answer = await actions[action](federation.createContext(new URL(origin), null), told);
    console.log(JSON.stringify({ answer: answer ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
process.exit();
