CREATE TABLE actor_keys (
  id TEXT NOT NULL,
  actor TEXT NOT NULL,
  kind TEXT NOT NULL,
  public TEXT NOT NULL,
  created TEXT NOT NULL,
  expires TEXT,
  revoked TEXT,
  entry TEXT,
  PRIMARY KEY (id)
);
CREATE TABLE host_rules (
  host TEXT NOT NULL,
  rule TEXT NOT NULL,
  since TEXT NOT NULL,
  comment TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (host)
);
CREATE TABLE moves (
  actor TEXT NOT NULL,
  target TEXT NOT NULL,
  state TEXT NOT NULL,
  since TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (actor, target)
);
ALTER TABLE following ADD COLUMN cursor TEXT;
ALTER TABLE following ADD COLUMN behind BOOLEAN NOT NULL DEFAULT 0;
ALTER TABLE following ADD COLUMN vanished INTEGER NOT NULL DEFAULT 0;
ALTER TABLE peers ADD COLUMN missing TEXT;
ALTER TABLE peers ADD COLUMN moved TEXT;
ALTER TABLE peer_keys ADD COLUMN expires TEXT;
ALTER TABLE deliveries ADD COLUMN key TEXT NOT NULL DEFAULT '';
CREATE INDEX deliveries_by_host ON deliveries (state, host, id);
CREATE INDEX deliveries_in_order ON deliveries (state, inbox, key, id);
CREATE INDEX peer_keys_by_owner ON peer_keys (owner);
CREATE TABLE grant_periods (
  actor TEXT NOT NULL,
  grantee TEXT NOT NULL,
  level TEXT NOT NULL,
  begun INTEGER NOT NULL,
  ended INTEGER
);
CREATE INDEX grant_periods_by_grantee ON grant_periods (actor, grantee);
INSERT INTO grant_periods SELECT actor, grantee, level, 0, NULL FROM grants;
CREATE TRIGGER grants_begun AFTER INSERT ON grants BEGIN
  UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'journal';
  INSERT INTO grant_periods SELECT NEW.actor, NEW.grantee, NEW.level, coalesce(max(seq), 0), NULL
    FROM sqlite_sequence WHERE name = 'journal';
END;
CREATE TRIGGER grants_changed AFTER UPDATE ON grants WHEN OLD.level <> NEW.level BEGIN
  UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'journal';
  UPDATE grant_periods SET ended = (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'journal')
    WHERE actor = OLD.actor AND grantee = OLD.grantee AND ended IS NULL;
  INSERT INTO grant_periods SELECT NEW.actor, NEW.grantee, NEW.level, coalesce(max(seq), 0), NULL
    FROM sqlite_sequence WHERE name = 'journal';
END;
CREATE TRIGGER grants_ended AFTER DELETE ON grants BEGIN
  UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'journal';
  UPDATE grant_periods SET ended = (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'journal')
    WHERE actor = OLD.actor AND grantee = OLD.grantee AND ended IS NULL;
END;
