-- The first schema. schema.sql explains each table as it is now.

-- A customer of the product: one identity provider, one directory. `revision` grows with every
-- change to what isolates cache of a tenant (settings, schemas, resource types), so that each
-- request can tell in its own D1 round trip whether its cached copy is still true.
CREATE TABLE tenants (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: isolates and objects remember by it
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  settings TEXT NOT NULL DEFAULT '{}', -- JSON, src/store/settings.rs
  mapping TEXT NOT NULL DEFAULT '[]',  -- JSON, src/mapping/rules.rs: what pushed groups become
  told TEXT,                           -- NULL, or JSON, src/mapping/told.rs: how far users' targets are told
  secret TEXT NOT NULL,                -- hex; seals this tenant's cursors
  revision INTEGER NOT NULL DEFAULT 1,
  created INTEGER NOT NULL,
  suspended INTEGER,                   -- NULL: serving. A time: every request is refused
  deleting INTEGER,                    -- NULL, or a time: suspended for good, its rows are going
  reindex TEXT                         -- NULL, or JSON, src/store/reindex.rs: what is still to do
) STRICT;
CREATE UNIQUE INDEX tenants_by_slug ON tenants (slug);
-- What the maintenance run goes on with, without reading every tenant.
CREATE INDEX tenants_deleting ON tenants (id) WHERE deleting IS NOT NULL;
CREATE INDEX tenants_reindexing ON tenants (id) WHERE reindex IS NOT NULL;
CREATE INDEX tenants_telling ON tenants (id) WHERE told IS NOT NULL;

-- What identity providers authenticate with. Only the SHA-256 of a token is kept (hex), and it is the
-- key: authentication reads one row. 'bearer' ones an administrator made, 'access' ones were given
-- out to an OAuth client. The others are nobody's token: a 'secret' is what a client shows to get one;
-- a 'client', and an 'issuer' whose signed tokens are taken as they are, have their kind, the tenant
-- and their id for a hash: 'issuer:7:0197…'.
CREATE TABLE tokens (
  hash TEXT PRIMARY KEY,
  tenant INTEGER NOT NULL,
  id TEXT NOT NULL,
  label TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT 'bearer'
    CHECK (kind IN ('bearer', 'access', 'secret', 'client', 'issuer')),
  parent TEXT,                         -- what it came from and ends with: a secret's client, an access token's
                                       -- secret or, where it needed none, client. A bearer token's: the one
                                       -- that it took the place of. Else NULL
  scopes TEXT NOT NULL DEFAULT 'scim', -- as the token was made; src/store/scopes.rs
  trust TEXT,                          -- JSON, whose signatures count: a client's, src/auth/client_keys.rs,
                                       -- an issuer's, src/auth/trust.rs; else NULL
  created INTEGER NOT NULL,
  expires INTEGER,                     -- NULL: never
  revoked INTEGER,                     -- NULL: live. A time: refused from then on, kept for the record
  last_used INTEGER,                   -- NULL: never. Written now and then, not with each request
  told INTEGER                         -- NULL, or how many days ahead of its end the product heard of it
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tokens_by_id ON tokens (tenant, id);
-- A client's secrets; ending what came from one.
CREATE INDEX tokens_by_parent ON tokens (tenant, parent, kind) WHERE parent IS NOT NULL;
-- Letting go of access tokens that expired long ago.
CREATE INDEX tokens_by_expiry ON tokens (expires) WHERE kind = 'access';
-- Telling of those that will expire.
CREATE INDEX tokens_expiring ON tokens (expires)
WHERE kind IN ('bearer', 'secret') AND revoked IS NULL AND expires IS NOT NULL;

-- Signed assertions that clients showed, by their digests, until they could not come again anyway:
-- then maintenance takes them, also those of tenants that are gone.
CREATE TABLE used_assertions (
  tenant INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (expires, tenant, digest)
) STRICT, WITHOUT ROWID;

-- What administrators authenticate with besides the secret ADMIN_TOKEN. Hashed as tokens are, and
-- looked up with every call.
CREATE TABLE credentials (
  hash TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,                -- with spaces between them; src/admin/scope.rs
  tenant INTEGER,                      -- NULL: every tenant. Else the one that it is for
  created INTEGER NOT NULL,
  expires INTEGER,                     -- NULL: never
  revoked INTEGER                      -- NULL: live. A time: refused from then on, kept for the record
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX credentials_by_id ON credentials (id);

-- What administrators did, written in the transaction that does it. It only grows: no row changes,
-- and none goes before it is two years old. People's addresses are in it, which nobody may keep for
-- ever.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,                 -- 'ADMIN_TOKEN', 'credential:…' an id, 'access:…' whom Access let in,
                                       -- 'scim-edge' itself
  action TEXT NOT NULL,                -- 'POST tenants/{}/tokens'
  tenant TEXT,                         -- its slug: the tenant itself may be gone
  target TEXT,                         -- the id, name or URN of what it was done to
  outcome TEXT NOT NULL CHECK (outcome IN ('done', 'denied')),
  ip TEXT,
  detail TEXT                          -- JSON, never a secret
) STRICT;
-- The log of one tenant.
CREATE INDEX audit_by_tenant ON audit (tenant, seq);
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit log only grows');
END;
CREATE TRIGGER audit_undeleted BEFORE DELETE ON audit WHEN OLD.at > (unixepoch() - 63072000) * 1000 BEGIN
  SELECT RAISE(ABORT, 'the audit log keeps two years');
END;

-- Schemas and resource types that a tenant registered at run time, as /Schemas and /ResourceTypes
-- answer them. The standard ones are in the program.
CREATE TABLE tenant_schemas (
  tenant INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('Schema', 'ResourceType')),
  name TEXT NOT NULL,                  -- the URN, folded; the resource type's name, folded
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, kind, name)
) STRICT, WITHOUT ROWID;

-- One row a user, group or custom resource. `document` is the SCIM resource without what is
-- derived on the way out: meta, User.groups, Group.members.
CREATE TABLE resources (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, -- never given out again: what holds one knows whose it is
  tenant INTEGER NOT NULL,
  type TEXT NOT NULL,                  -- the resource type's name: 'User', 'Group', …
  id TEXT NOT NULL,                    -- UUIDv7: the order of ids is the order of creation
  version INTEGER NOT NULL DEFAULT 1,  -- the weak ETag
  created INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  display TEXT,                        -- what member lists show: displayName, or else userName
  document TEXT NOT NULL,
  folded TEXT                          -- the document folded, only where ASCII lower() is not enough
) STRICT;
-- GET by id, and pages in the order of creation.
CREATE UNIQUE INDEX resources_by_id ON resources (tenant, type, id);
-- Filters on meta.lastModified: what changed since.
CREATE INDEX resources_by_modified ON resources (tenant, type, modified);
-- With each insert AUTOINCREMENT goes through sqlite_sequence up to its table's row: this one comes first.
INSERT INTO sqlite_sequence (name, seq) VALUES ('resources', 0);

-- How many resources of a type a tenant has: `totalResults` of an unfiltered list without reading
-- them. Kept by the triggers below, in the transaction of the change.
CREATE TABLE counters (
  tenant INTEGER NOT NULL,
  type TEXT NOT NULL,
  resources INTEGER NOT NULL,
  quota INTEGER,                       -- how many there may be: the tenant's settings say it. NULL: any number
  PRIMARY KEY (tenant, type)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER resources_counted AFTER INSERT ON resources BEGIN
  INSERT INTO counters (tenant, type, resources) VALUES (NEW.tenant, NEW.type, 1)
  ON CONFLICT (tenant, type) DO UPDATE SET resources = resources + 1;
END;
CREATE TRIGGER resources_uncounted AFTER DELETE ON resources BEGIN
  UPDATE counters SET resources = resources - 1 WHERE tenant = OLD.tenant AND type = OLD.type;
END;
-- A quota refuses what is new and keeps what is there: it can be set below that.
CREATE TRIGGER counters_limited BEFORE UPDATE OF resources ON counters
WHEN NEW.resources > OLD.resources AND NEW.resources > NEW.quota BEGIN
  SELECT RAISE(ABORT, 'ASSERT quota');
END;
-- Quotas follow the settings.
CREATE TRIGGER tenants_quotas_made AFTER INSERT ON tenants BEGIN
  INSERT INTO counters (tenant, type, resources, quota)
  SELECT NEW.id, key, 0, value FROM json_each(NEW.settings, '$.quotas');
END;
CREATE TRIGGER tenants_quotas_changed AFTER UPDATE OF settings ON tenants
WHEN NEW.settings -> '$.quotas' IS NOT OLD.settings -> '$.quotas' BEGIN
  UPDATE counters SET quota = NULL WHERE tenant = NEW.id;
  INSERT INTO counters (tenant, type, resources, quota)
  SELECT NEW.id, key, 0, value FROM json_each(NEW.settings, '$.quotas') WHERE true
  ON CONFLICT (tenant, type) DO UPDATE SET quota = excluded.quota;
END;

-- One row an indexed value: equality and prefix filters read as many rows as match. `slot` is ''
-- where the schema says `uniqueness: server`, so that the key itself refuses a second holder, and
-- the resource's id otherwise.
CREATE TABLE attribute_index (
  tenant INTEGER NOT NULL,
  type TEXT NOT NULL,
  path TEXT NOT NULL,                  -- 'userName', 'emails.value', 'urn:…:User:employeeNumber'
  value TEXT NOT NULL,                 -- folded, or as it is where the schema says caseExact
  slot TEXT NOT NULL,
  resource INTEGER NOT NULL,           -- resources.seq
  PRIMARY KEY (tenant, type, path, value, slot)
) STRICT, WITHOUT ROWID;

-- Who is in which group, both by resources.seq. Never inside the group's document: a change of one
-- member costs the same in a group of ten and of a hundred thousand.
CREATE TABLE members (
  "group" INTEGER NOT NULL,
  member INTEGER NOT NULL,
  display TEXT,                        -- as the client sent it; NULL: computed from the member
  folded TEXT,                         -- that folded, only where ASCII lower() is not enough
  PRIMARY KEY ("group", member)
) STRICT, WITHOUT ROWID;
-- User.groups, and taking a deleted resource out of every group.
CREATE INDEX members_by_member ON members (member, "group");

-- Deleted resources that an administrator can bring back, where the tenant's delete_policy is
-- "tombstone": moved here with their memberships by the deletion itself, and back by a restoration.
CREATE TABLE tombstones (
  seq INTEGER PRIMARY KEY,             -- as it was and will be in resources
  tenant INTEGER NOT NULL,
  type TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  display TEXT,
  document TEXT NOT NULL,
  folded TEXT,
  deleted INTEGER NOT NULL,
  purge INTEGER NOT NULL               -- when it goes for good
) STRICT;
CREATE INDEX tombstones_by_id ON tombstones (tenant, id);
CREATE INDEX tombstones_by_purge ON tombstones (purge);

-- Their memberships, as in members: one end at least is a tombstone.
CREATE TABLE tombstone_members (
  "group" INTEGER NOT NULL,
  member INTEGER NOT NULL,
  display TEXT,
  folded TEXT,
  PRIMARY KEY ("group", member)
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstone_members_by_member ON tombstone_members (member, "group");

-- What identity providers asked and were told: src/log. Written after the answers, several at a
-- time; kept for as long as the tenant's settings say.
CREATE TABLE requests (
  tenant INTEGER NOT NULL,
  id TEXT NOT NULL,                    -- UUIDv7: the order of ids is the order of time
  token TEXT,                          -- tokens.id
  method TEXT NOT NULL,
  status INTEGER NOT NULL,
  resource TEXT,                       -- the resource's id, where the request is about one
  user_name TEXT,                      -- folded, where the request names a user
  document TEXT NOT NULL,              -- JSON, src/log/entry.rs: all of it, without secrets
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
-- What happened to a resource, to a user; what went wrong.
CREATE INDEX requests_by_resource ON requests (tenant, resource, id) WHERE resource IS NOT NULL;
CREATE INDEX requests_by_user_name ON requests (tenant, user_name, id) WHERE user_name IS NOT NULL;
CREATE INDEX requests_failed ON requests (tenant, id) WHERE status >= 400;

-- How far a maintenance task came that goes through all tenants: src/maintenance.
CREATE TABLE progress (
  task TEXT PRIMARY KEY,
  place INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The outbox: one row an event, written in the transaction of its change. `position` is given out
-- inside that transaction, and D1 has one writer: it grows in the order of the commits, so that who
-- has read up to one has missed nothing. Not AUTOINCREMENT, which writes a row more for each change:
-- a position is the newest one's plus one, and the trigger keeps the newest from being deleted.
CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL,             -- 0: the deployment's own, 'tenant.deleted'
  created INTEGER NOT NULL,
  type TEXT NOT NULL,                  -- 'user.created', …: src/events/kinds.rs
  data TEXT NOT NULL                   -- JSON, src/events/describe.rs
) STRICT;
-- One tenant's events. Those of all lie by position.
CREATE INDEX events_by_tenant ON events (tenant, position);
CREATE TRIGGER events_newest_kept BEFORE DELETE ON events
WHEN OLD.position = (SELECT max(position) FROM events) BEGIN
  SELECT RAISE(ABORT, 'the newest event stays: its position must not be given out again');
END;

-- What of the outbox is gone: one row, or none while nothing is.
CREATE TABLE outbox (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  pruned INTEGER NOT NULL              -- events up to this position grew old and were deleted
) STRICT;

-- What users belong to, as events last told it: a row for each group that makes it so. What they
-- belong to now is computed from `members`; this only finds the difference.
CREATE TABLE belongings (
  tenant INTEGER NOT NULL,
  user TEXT NOT NULL,                  -- resources.id, as `group`
  kind TEXT NOT NULL,                  -- 'department', 'team', …
  name TEXT NOT NULL,
  "group" TEXT NOT NULL,
  PRIMARY KEY (tenant, user, kind, name, "group")
) STRICT, WITHOUT ROWID;
-- Who belonged through a group that was renamed or deleted.
CREATE INDEX belongings_by_group ON belongings (tenant, "group", user);

-- Where events are sent to, besides the feed. What has been sent is known to the webhook's own Delivery
-- object, which has the webhook's id for a name: src/delivery.
CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  tenant INTEGER NOT NULL,             -- 0: every tenant's events and the deployment's own
  label TEXT NOT NULL,
  url TEXT NOT NULL,
  types TEXT NOT NULL,                 -- with spaces between them; '': all. src/events/kinds.rs
  format TEXT NOT NULL DEFAULT 'event' -- how it is told: as the feed has it, or as a SET, src/events/set.rs
    CHECK (format IN ('event', 'full', 'notice')),
  audience TEXT,                       -- whom its SETs are for; NULL: its url
  origin TEXT NOT NULL,                -- 'https://host': who signs them is below it
  secret TEXT NOT NULL,                -- 'whsec_…' as it was shown: signing needs it whole
  old_secret TEXT,                     -- the one before, which signs as well until
  old_secret_until INTEGER,
  timeout_s INTEGER NOT NULL,          -- how long an answer may take
  retry_s INTEGER NOT NULL,            -- the first wait behind a failure
  give_up_s INTEGER NOT NULL,          -- then an event that failed is a dead letter
  disable_s INTEGER NOT NULL,          -- behind nothing but failures for so long it is disabled
  start INTEGER NOT NULL,              -- events behind this position are its own
  created INTEGER NOT NULL,
  disabled INTEGER,                    -- NULL: delivering. A time: waiting from then on
  reason TEXT                          -- why it disabled itself: its receiver said 410, or failed for long
    CHECK (reason IN ('gone', 'failing')),
  deleted INTEGER                      -- NULL, or a time: kept, without url and secrets, until its object is empty
) STRICT, WITHOUT ROWID;
-- A tenant's own; those of all.
CREATE INDEX webhooks_by_tenant ON webhooks (tenant, id);

-- Receivers that ask for a tenant's events as SETs (RFC 8936), and how far each came.
CREATE TABLE streams (
  tenant INTEGER NOT NULL,
  id TEXT NOT NULL,
  label TEXT NOT NULL,
  format TEXT NOT NULL CHECK (format IN ('full', 'notice')),
  audience TEXT,                       -- whom its SETs are for; NULL: its own address
  types TEXT NOT NULL,                 -- JSON, a list; none: all. src/events/kinds.rs
  position INTEGER NOT NULL,           -- events up to this one are dealt with
  taken TEXT NOT NULL DEFAULT '[]',    -- JSON, positions behind it that are dealt with, too
  polled INTEGER,                      -- when the two were last written; NULL: never
  refused TEXT,                        -- NULL, or JSON: the SET that was of no use to the receiver last
  missed INTEGER,                      -- NULL, or up to which position events grew old unasked
  created INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

-- Bulks that are done behind their answer, as their senders preferred (RFC 9967 §2.5.1), and what came
-- of them: the response is written in the transaction of the operations.
CREATE TABLE accepted_bulks (
  tenant INTEGER NOT NULL,
  id TEXT NOT NULL,                    -- UUIDv7, their `Set-Txn`: in this order they are done
  scopes TEXT NOT NULL,                -- of the token that sent it: whose cover them may read the response
  base TEXT NOT NULL,                  -- the SCIM base URL that it was sent to
  request TEXT,                        -- JSON, BulkEnvelope in src/membership/message.rs; NULL: done
  tries INTEGER NOT NULL DEFAULT 0,    -- how often it was begun
  response TEXT,                       -- JSON, a BulkResponse; NULL: not done
  done INTEGER,                        -- NULL: not done
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
-- A tenant's next one, whose there are, and the old ones, none of them with what the rows hold.
CREATE INDEX accepted_bulks_by_time ON accepted_bulks (done, tenant, id);

-- What SETs are signed with, by WebCrypto: one pair of the deployment's signs at a time.
CREATE TABLE signing_keys (
  kid TEXT PRIMARY KEY,                -- UUIDv7
  private TEXT NOT NULL,               -- JSON Web Key, whole: it has to sign
  public TEXT NOT NULL,                -- JSON Web Key, as receivers get it
  created INTEGER NOT NULL,
  until INTEGER                        -- NULL: it signs. Else receivers get it until then
) STRICT, WITHOUT ROWID;

-- What a batch takes for granted. An insert with `holds` false rolls the whole batch back with
-- `message` as its error; one with `holds` true writes nothing. D1 has no interactive transaction:
-- this is how a write checks its token, its tenant's revision and a resource's version in the
-- very transaction that it is.
CREATE TABLE assertions (
  holds INTEGER,
  message TEXT NOT NULL
) STRICT;
CREATE TRIGGER assertions_checked BEFORE INSERT ON assertions BEGIN
  SELECT CASE WHEN NEW.holds THEN RAISE(IGNORE) ELSE RAISE(ABORT, NEW.message) END;
END;
