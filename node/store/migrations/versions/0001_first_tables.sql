CREATE TABLE actors (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  slug TEXT NOT NULL,
  created TEXT NOT NULL,
  deleted TEXT,
  name TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  accept TEXT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (slug)
);
CREATE TABLE documents (
  id TEXT NOT NULL,
  owner TEXT NOT NULL,
  type TEXT NOT NULL,
  version INTEGER NOT NULL,
  sharing TEXT NOT NULL,
  digest TEXT NOT NULL,
  seq INTEGER NOT NULL,
  published TEXT NOT NULL,
  updated TEXT NOT NULL,
  deleted TEXT,
  own BOOLEAN NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX documents_by_owner ON documents (owner, type);
CREATE TABLE followers (
  actor TEXT NOT NULL,
  follower TEXT NOT NULL,
  state TEXT NOT NULL,
  follow TEXT NOT NULL,
  since TEXT NOT NULL,
  PRIMARY KEY (actor, follower)
);
CREATE TABLE following (
  actor TEXT NOT NULL,
  target TEXT NOT NULL,
  state TEXT NOT NULL,
  follow TEXT NOT NULL,
  since TEXT NOT NULL,
  harvested TEXT,
  PRIMARY KEY (actor, target)
);
CREATE TABLE grants (
  actor TEXT NOT NULL,
  grantee TEXT NOT NULL,
  level TEXT NOT NULL,
  since TEXT NOT NULL,
  PRIMARY KEY (actor, grantee)
);
CREATE TABLE hosts (
  host TEXT NOT NULL,
  failures INTEGER NOT NULL,
  open_until TEXT,
  dialect TEXT NOT NULL,
  PRIMARY KEY (host)
);
CREATE TABLE journal (
  seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  direction TEXT NOT NULL,
  time TEXT NOT NULL,
  actor TEXT NOT NULL,
  activity TEXT NOT NULL,
  type TEXT NOT NULL,
  object TEXT,
  object_type TEXT,
  version INTEGER,
  sharing TEXT,
  digest TEXT,
  actor_seq INTEGER,
  audience TEXT,
  audience_n INTEGER,
  audience_prev TEXT,
  salt TEXT,
  epoch INTEGER,
  verified TEXT NOT NULL,
  "key" TEXT,
  verdict TEXT NOT NULL,
  CONSTRAINT journal_once UNIQUE (actor, activity)
);
CREATE INDEX journal_by_object ON journal (object);
CREATE TABLE meta (
  "key" TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY ("key")
);
CREATE TABLE peer_keys (
  id TEXT NOT NULL,
  digest TEXT NOT NULL,
  owner TEXT NOT NULL,
  kind TEXT NOT NULL,
  public TEXT NOT NULL,
  first_seen TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  revoked TEXT,
  PRIMARY KEY (id, digest)
);
CREATE TABLE peers (
  actor TEXT NOT NULL,
  host TEXT NOT NULL,
  document BLOB NOT NULL,
  handle TEXT,
  name TEXT,
  inbox TEXT,
  shared_inbox TEXT,
  implements BOOLEAN NOT NULL,
  fetched TEXT NOT NULL,
  gone TEXT,
  PRIMARY KEY (actor)
);
CREATE TABLE streams (
  actor TEXT NOT NULL,
  audience TEXT NOT NULL,
  n INTEGER NOT NULL,
  prev TEXT,
  PRIMARY KEY (actor, audience)
);
CREATE TABLE blobs (
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  bytes BLOB,
  PRIMARY KEY (seq, kind),
  FOREIGN KEY(seq) REFERENCES journal (seq)
);
CREATE TABLE deliveries (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  seq INTEGER NOT NULL,
  signer TEXT NOT NULL,
  recipient TEXT NOT NULL,
  inbox TEXT NOT NULL,
  host TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next TEXT NOT NULL,
  status INTEGER,
  reason TEXT,
  done TEXT,
  CONSTRAINT deliveries_once UNIQUE (seq, inbox),
  FOREIGN KEY(seq) REFERENCES journal (seq)
);
CREATE INDEX deliveries_due ON deliveries (state, next);
CREATE TABLE drafts (
  actor TEXT NOT NULL,
  name TEXT NOT NULL,
  content TEXT NOT NULL,
  updated TEXT NOT NULL,
  removed BOOLEAN NOT NULL,
  document TEXT,
  digest TEXT,
  PRIMARY KEY (actor, name),
  FOREIGN KEY(actor) REFERENCES actors (id)
);
