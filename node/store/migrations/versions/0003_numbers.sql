CREATE TABLE layers (
  name TEXT NOT NULL PRIMARY KEY,
  title TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL,
  date TEXT NOT NULL,
  digest TEXT NOT NULL,
  loaded TEXT NOT NULL
);
CREATE TABLE layer_classes (
  layer TEXT NOT NULL,
  commune TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (layer, commune)
) WITHOUT ROWID;
CREATE TABLE campaigns (
  period TEXT NOT NULL PRIMARY KEY,
  until TEXT NOT NULL,
  opened TEXT NOT NULL,
  closed TEXT
);
CREATE TABLE campaign_notes (
  period TEXT NOT NULL,
  actor TEXT NOT NULL,
  kind TEXT NOT NULL,
  about TEXT NOT NULL,
  document TEXT NOT NULL,
  sent TEXT NOT NULL,
  PRIMARY KEY (period, actor, kind, about)
);
