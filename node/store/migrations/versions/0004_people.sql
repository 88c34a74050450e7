CREATE TABLE accounts (
  id TEXT NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  password TEXT NOT NULL,
  language TEXT NOT NULL,
  host BOOLEAN NOT NULL,
  created TEXT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (email)
);
CREATE TABLE place_roles (
  account TEXT NOT NULL,
  place TEXT NOT NULL,
  role TEXT NOT NULL,
  since TEXT NOT NULL,
  PRIMARY KEY (account, place),
  FOREIGN KEY(account) REFERENCES accounts (id)
);
CREATE INDEX place_roles_by_place ON place_roles (place);
CREATE TABLE sessions (
  hash TEXT NOT NULL,
  account TEXT NOT NULL,
  created TEXT NOT NULL,
  seen TEXT NOT NULL,
  notice TEXT NOT NULL,
  PRIMARY KEY (hash),
  FOREIGN KEY(account) REFERENCES accounts (id)
);
CREATE INDEX sessions_by_account ON sessions (account);
CREATE TABLE links (
  hash TEXT NOT NULL,
  kind TEXT NOT NULL,
  place TEXT NOT NULL,
  role TEXT NOT NULL,
  account TEXT NOT NULL,
  made_by TEXT NOT NULL,
  created TEXT NOT NULL,
  expires TEXT NOT NULL,
  used TEXT,
  PRIMARY KEY (hash)
);
CREATE TABLE tokens (
  id TEXT NOT NULL,
  hash TEXT NOT NULL,
  place TEXT NOT NULL,
  name TEXT NOT NULL,
  account TEXT NOT NULL,
  created TEXT NOT NULL,
  used TEXT,
  revoked TEXT,
  PRIMARY KEY (id),
  UNIQUE (hash)
);
CREATE TABLE audit (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  time TEXT NOT NULL,
  account TEXT NOT NULL,
  place TEXT NOT NULL,
  action TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX audit_by_place ON audit (place, id);
CREATE TABLE attempts (
  subject TEXT NOT NULL,
  failures INTEGER NOT NULL,
  last TEXT NOT NULL,
  PRIMARY KEY (subject)
);
CREATE TABLE entries (
  place TEXT NOT NULL,
  form TEXT NOT NULL,
  content TEXT NOT NULL,
  account TEXT NOT NULL,
  saved TEXT NOT NULL,
  PRIMARY KEY (place, form)
);
CREATE TABLE sharing_choices (
  place TEXT NOT NULL,
  theme TEXT NOT NULL,
  sharing TEXT NOT NULL,
  since TEXT NOT NULL,
  PRIMARY KEY (place, theme)
);
CREATE TABLE quotas (
  place TEXT NOT NULL,
  documents INTEGER,
  media_bytes INTEGER,
  posts_a_day INTEGER,
  suspended TEXT,
  PRIMARY KEY (place)
);
CREATE TABLE media (
  id TEXT NOT NULL,
  place TEXT NOT NULL,
  type TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  digest TEXT NOT NULL,
  alt TEXT NOT NULL,
  account TEXT NOT NULL,
  created TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX media_by_place ON media (place);
CREATE TABLE followed_for (
  actor TEXT NOT NULL,
  target TEXT NOT NULL,
  since TEXT NOT NULL,
  PRIMARY KEY (actor, target)
);
INSERT INTO followed_for SELECT actor, target, since FROM following WHERE state != 'ended';
CREATE TABLE place_blocks (
  actor TEXT NOT NULL,
  blocked TEXT NOT NULL,
  since TEXT NOT NULL,
  PRIMARY KEY (actor, blocked)
);
ALTER TABLE actors ADD COLUMN also_known_as TEXT NOT NULL DEFAULT '[]';
ALTER TABLE actors ADD COLUMN moved TEXT;
CREATE TABLE post_sources (
  document TEXT NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (document)
);
