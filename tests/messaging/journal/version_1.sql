PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE message (
        message_id TEXT NOT NULL PRIMARY KEY,
        run INTEGER NOT NULL,
        created INTEGER NOT NULL,
        time_to_live INTEGER NOT NULL,
        send_at INTEGER,
        header TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "message" VALUES('01M7W4EX1X0000000000000001',0,1795176060000000,3600000000,NULL,'{"kind":"message","text":"La citerne est \u00e0 12 %.","sender":"MAISON","encoding":"gsm7","segments":1,"on_unknown":"hold","urgent":false,"options":{}}');
INSERT INTO "message" VALUES('01M7W4EX1X0000000000000002',0,1795176120000000,3600000000,NULL,'{"kind":"message","text":"La citerne est \u00e0 12 %.","sender":"MAISON","encoding":"gsm7","segments":1,"on_unknown":"hold","urgent":true,"options":{}}');
INSERT INTO "message" VALUES('01M7W4EX1X0000000000000003',0,1795176180000000,3600000000,1795177800000000,'{"kind":"message","text":"\"urgent\":true","sender":"MAISON","encoding":"gsm7","segments":1,"on_unknown":"hold","urgent":false,"options":{}}');
CREATE TABLE note (
        key TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    ;
CREATE TABLE reply (
        reply_id INTEGER PRIMARY KEY,
        message_id TEXT NOT NULL,
        at INTEGER NOT NULL,
        heard INTEGER NOT NULL,
        told INTEGER NOT NULL DEFAULT 0,
        reply TEXT NOT NULL,
        UNIQUE (message_id, reply)
    ) STRICT
    ;
CREATE TABLE report (
        report_id INTEGER PRIMARY KEY,
        heard INTEGER NOT NULL,
        applied INTEGER NOT NULL DEFAULT 0,
        message_id TEXT,
        report TEXT NOT NULL
    ) STRICT
    ;
CREATE TABLE submission (
        message_id TEXT NOT NULL REFERENCES message ON DELETE CASCADE,
        number TEXT NOT NULL,
        position INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        stage TEXT NOT NULL,
        run INTEGER NOT NULL,
        attempted INTEGER,
        awaited INTEGER NOT NULL,
        notice TEXT,
        state TEXT NOT NULL,
        PRIMARY KEY (message_id, number)
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "submission" VALUES('01M7W4EX1X0000000000000001','+237695688207',0,'accepted','closed',0,NULL,0,NULL,'{"name":"Maman","attempts":0,"resent":false}');
INSERT INTO "submission" VALUES('01M7W4EX1X0000000000000002','+237695688207',0,'queued','open',0,NULL,0,NULL,'{"name":"Maman","attempts":0,"resent":false}');
INSERT INTO "submission" VALUES('01M7W4EX1X0000000000000003','+237695688207',0,'accepted','closed',0,NULL,1,NULL,'{"name":"Maman","attempts":0,"resent":false,"delivery":{"status":"pending","is_announced":false}}');
CREATE INDEX message_by_time ON message (created, message_id);
CREATE INDEX message_scheduled ON message (send_at) WHERE send_at IS NOT NULL;
CREATE INDEX submission_not_closed ON submission (message_id)
    WHERE stage <> 'closed'
    ;
CREATE INDEX submission_awaited ON submission (message_id) WHERE awaited = 1;
CREATE INDEX submission_noticed ON submission (message_id)
    WHERE notice IS NOT NULL
    ;
CREATE INDEX report_unapplied ON report (applied) WHERE applied = 0;
CREATE INDEX report_of_nobody ON report (message_id)
    WHERE applied = 1 AND message_id IS NULL
    ;
CREATE INDEX reply_by_time ON reply (at);
CREATE INDEX reply_by_message ON reply (message_id, at);
CREATE INDEX reply_untold ON reply (told) WHERE told = 0;
COMMIT;
