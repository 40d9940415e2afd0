BEGIN TRANSACTION;
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('r0001_first_tables');
CREATE TABLE api_token (
    id INTEGER NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    person_id INTEGER NOT NULL,
    name VARCHAR(100) NOT NULL,
    created DATETIME NOT NULL,
    revoked DATETIME,
    CONSTRAINT pk_api_token PRIMARY KEY (id),
    CONSTRAINT uq_api_token_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_api_token_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE TABLE audit_log (
    id INTEGER NOT NULL,
    at DATETIME NOT NULL,
    person_id INTEGER,
    project_id INTEGER,
    action VARCHAR(60) NOT NULL,
    subject VARCHAR(200) NOT NULL,
    detail TEXT NOT NULL,
    address VARCHAR(60) NOT NULL,
    CONSTRAINT pk_audit_log PRIMARY KEY (id),
    CONSTRAINT fk_audit_log_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_audit_log_project_id FOREIGN KEY(project_id) REFERENCES project (id)
);
INSERT INTO "audit_log" VALUES(1,'2026-11-01 12:00:00.000000',1,1,'roles','ina','','');
INSERT INTO "audit_log" VALUES(2,'2026-11-01 12:00:00.000000',1,1,'takedown','https://youtu.be/aaaaaaaaaaa','asked','');
CREATE TABLE blind_answer (
    id INTEGER NOT NULL,
    item_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    choice INTEGER,
    "key" INTEGER NOT NULL,
    heard BOOLEAN NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_blind_answer PRIMARY KEY (id),
    CONSTRAINT fk_blind_answer_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_blind_answer_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
INSERT INTO "blind_answer" VALUES(1,1,1,2,1,1,0,'2026-11-01 12:00:00.000000');
CREATE TABLE clip (
    id INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    "key" VARCHAR(64) NOT NULL,
    recording_id INTEGER NOT NULL,
    path VARCHAR(300) NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    size INTEGER NOT NULL,
    duration DOUBLE NOT NULL,
    rate INTEGER NOT NULL,
    channels INTEGER NOT NULL,
    loudness DOUBLE,
    peak DOUBLE,
    levels TEXT NOT NULL,
    waveform VARCHAR(300),
    fingerprint BLOB NOT NULL,
    alike TEXT NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_clip PRIMARY KEY (id),
    CONSTRAINT fk_clip_project_id FOREIGN KEY(project_id) REFERENCES project (id),
    CONSTRAINT fk_clip_recording_id FOREIGN KEY(recording_id) REFERENCES recording (id)
);
CREATE TABLE draft (
    item_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    content TEXT NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_draft PRIMARY KEY (item_id, person_id),
    CONSTRAINT fk_draft_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_draft_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
INSERT INTO "draft" VALUES(1,1,4,1,'{"question":"Which comes first?","choices":["a bell","a drum"],"answer":1,"modality":"sound","category":"Signal Layer","sub_category":"Anomaly Detection","url":"https://youtu.be/qx8hrhBZJ98","timestamp":"0:01,0:03","thinking":"The drum.","cues":[{"text":"drum","start":null,"end":null}]}','2026-11-01 12:00:00.000000');
CREATE TABLE event (
    id INTEGER NOT NULL,
    item_id INTEGER NOT NULL,
    at DATETIME NOT NULL,
    person_id INTEGER NOT NULL,
    action VARCHAR(20) NOT NULL,
    state VARCHAR(20) NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    reason VARCHAR(40) NOT NULL,
    field VARCHAR(40) NOT NULL,
    comment TEXT NOT NULL,
    start DOUBLE,
    "end" DOUBLE,
    CONSTRAINT pk_event PRIMARY KEY (id),
    CONSTRAINT fk_event_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_event_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
INSERT INTO "event" VALUES(1,1,'2026-11-01 12:00:00.000000',1,'save','draft',1,1,'','','',NULL,NULL);
INSERT INTO "event" VALUES(2,1,'2026-11-01 12:00:00.000000',1,'submit','preparation',2,1,'','','',NULL,NULL);
INSERT INTO "event" VALUES(3,1,'2026-11-01 12:00:00.000000',1,'forward','inspection',3,1,'','','',NULL,NULL);
INSERT INTO "event" VALUES(4,1,'2026-11-01 12:00:00.000000',2,'reject','correction',4,1,'unclear','question','Say which drum.',NULL,NULL);
CREATE TABLE idea (
    id INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    title VARCHAR(300) NOT NULL,
    detail TEXT NOT NULL,
    tags TEXT NOT NULL,
    author_id INTEGER NOT NULL,
    model VARCHAR(200) NOT NULL,
    category VARCHAR(300) NOT NULL,
    merged_into INTEGER,
    dropped BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    created DATETIME NOT NULL,
    CONSTRAINT pk_idea PRIMARY KEY (id),
    CONSTRAINT fk_idea_project_id FOREIGN KEY(project_id) REFERENCES project (id),
    CONSTRAINT fk_idea_author_id FOREIGN KEY(author_id) REFERENCES person (id),
    CONSTRAINT fk_idea_merged_into FOREIGN KEY(merged_into) REFERENCES idea (id)
);
CREATE TABLE idea_vote (
    idea_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    CONSTRAINT pk_idea_vote PRIMARY KEY (idea_id, person_id),
    CONSTRAINT fk_idea_vote_idea_id FOREIGN KEY(idea_id) REFERENCES idea (id),
    CONSTRAINT fk_idea_vote_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE TABLE item (
    id INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    public_id VARCHAR(200) NOT NULL,
    state VARCHAR(20) NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    author_id INTEGER,
    inspector_id INTEGER,
    lease_person_id INTEGER,
    lease_until DATETIME,
    rejected INTEGER,
    errors INTEGER NOT NULL,
    question TEXT NOT NULL,
    modality VARCHAR(60) NOT NULL,
    category VARCHAR(200) NOT NULL,
    sub_category VARCHAR(200) NOT NULL,
    language VARCHAR(100) NOT NULL,
    idea_id INTEGER,
    clip_key VARCHAR(64) NOT NULL,
    created DATETIME NOT NULL,
    changed DATETIME NOT NULL,
    CONSTRAINT pk_item PRIMARY KEY (id),
    CONSTRAINT fk_item_project_id FOREIGN KEY(project_id) REFERENCES project (id),
    CONSTRAINT fk_item_author_id FOREIGN KEY(author_id) REFERENCES person (id),
    CONSTRAINT fk_item_inspector_id FOREIGN KEY(inspector_id) REFERENCES person (id),
    CONSTRAINT fk_item_lease_person_id FOREIGN KEY(lease_person_id) REFERENCES person (id),
    CONSTRAINT fk_item_idea_id FOREIGN KEY(idea_id) REFERENCES idea (id)
);
INSERT INTO "item" VALUES(1,1,'demo-00001','correction',4,1,1,NULL,NULL,NULL,1,0,'Which comes first?','sound','Signal Layer','Anomaly Detection','',NULL,'0a5bce486d2aab157522a8d44ccf69b442708e642d4688980785ecbc0c7b2c3f','2026-11-01 12:00:00.000000','2026-11-01 12:00:00.000000');
CREATE TABLE job (
    id INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    kind VARCHAR(40) NOT NULL,
    "key" VARCHAR(200) NOT NULL,
    payload TEXT NOT NULL,
    state VARCHAR(12) NOT NULL,
    attempts INTEGER NOT NULL,
    progress DOUBLE NOT NULL,
    message TEXT NOT NULL,
    not_before DATETIME,
    worker VARCHAR(100) NOT NULL,
    lease_until DATETIME,
    person_id INTEGER,
    item_id INTEGER,
    created DATETIME NOT NULL,
    finished DATETIME,
    CONSTRAINT pk_job PRIMARY KEY (id),
    CONSTRAINT fk_job_project_id FOREIGN KEY(project_id) REFERENCES project (id),
    CONSTRAINT fk_job_person_id FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_job_item_id FOREIGN KEY(item_id) REFERENCES item (id)
);
CREATE TABLE judgement_draft (
    item_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    reason VARCHAR(40) NOT NULL,
    field VARCHAR(40) NOT NULL,
    comment TEXT NOT NULL,
    start VARCHAR(40) NOT NULL,
    "end" VARCHAR(40) NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_judgement_draft PRIMARY KEY (item_id, person_id),
    CONSTRAINT fk_judgement_draft_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_judgement_draft_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE TABLE key_view (
    item_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_key_view PRIMARY KEY (item_id, person_id),
    CONSTRAINT fk_key_view_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_key_view_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
INSERT INTO "key_view" VALUES(1,2,'2026-11-01 12:00:00.000000');
CREATE TABLE link (
    token_hash VARCHAR(64) NOT NULL,
    person_id INTEGER NOT NULL,
    purpose VARCHAR(20) NOT NULL,
    expires DATETIME NOT NULL,
    used DATETIME,
    CONSTRAINT pk_link PRIMARY KEY (token_hash),
    CONSTRAINT fk_link_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE TABLE login_attempt (
    id INTEGER NOT NULL,
    "key" VARCHAR(160) NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_login_attempt PRIMARY KEY (id)
);
INSERT INTO "login_attempt" VALUES(1,'login ina from 127.0.0.1','2026-11-01 12:00:00.000000');
INSERT INTO "login_attempt" VALUES(2,'address 127.0.0.1','2026-11-01 12:00:00.000000');
INSERT INTO "login_attempt" VALUES(3,'login ina','2026-11-01 12:00:00.000000');
CREATE TABLE login_session (
    token_hash VARCHAR(64) NOT NULL,
    person_id INTEGER NOT NULL,
    csrf VARCHAR(64) NOT NULL,
    created DATETIME NOT NULL,
    seen DATETIME NOT NULL,
    expires DATETIME NOT NULL,
    CONSTRAINT pk_login_session PRIMARY KEY (token_hash),
    CONSTRAINT fk_login_session_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE TABLE membership (
    project_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    role VARCHAR(20) NOT NULL,
    CONSTRAINT pk_membership PRIMARY KEY (project_id, person_id, role),
    CONSTRAINT fk_membership_project_id FOREIGN KEY(project_id) REFERENCES project (id),
    CONSTRAINT fk_membership_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
INSERT INTO "membership" VALUES(1,1,'admin');
INSERT INTO "membership" VALUES(1,2,'inspector');
CREATE TABLE person (
    id INTEGER NOT NULL,
    login VARCHAR(80) NOT NULL,
    name VARCHAR(200) NOT NULL,
    password VARCHAR(300),
    site_admin BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    project_id INTEGER,
    created DATETIME NOT NULL,
    CONSTRAINT pk_person PRIMARY KEY (id),
    CONSTRAINT uq_person_login UNIQUE (login),
    CONSTRAINT fk_person_project_id FOREIGN KEY(project_id) REFERENCES project (id)
);
INSERT INTO "person" VALUES(1,'ada','Ada',NULL,1,1,NULL,'2026-11-01 12:00:00.000000');
INSERT INTO "person" VALUES(2,'ina','Ina',NULL,0,1,NULL,'2026-11-01 12:00:00.000000');
CREATE TABLE playback (
    clip_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    started DATETIME NOT NULL,
    finished DATETIME,
    CONSTRAINT pk_playback PRIMARY KEY (clip_id, person_id),
    CONSTRAINT fk_playback_clip_id FOREIGN KEY(clip_id) REFERENCES clip (id),
    CONSTRAINT fk_playback_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE TABLE project (
    id INTEGER NOT NULL,
    slug VARCHAR(60) NOT NULL,
    title VARCHAR(200) NOT NULL,
    about TEXT NOT NULL,
    settings TEXT NOT NULL,
    created DATETIME NOT NULL,
    CONSTRAINT pk_project PRIMARY KEY (id),
    CONSTRAINT uq_project_slug UNIQUE (slug)
);
INSERT INTO "project" VALUES(1,'demo','Demo','','{"inspections":1,"needs_audio":false,"modalities":["sound","music","speech","mix-sound-music","mix-sound-speech","mix-music-speech","mix-sound-music-speech"],"languages":["en","zh"],"targets":{},"withheld":["thinking","cue","rubric"],"licence":"CC BY-NC 4.0","licence_text":"","how_made":"","contact":"","clip_rate":null,"clip_channels":null,"canary":""}','2026-11-01 12:00:00.000000');
CREATE TABLE proposal (
    id INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    item_id INTEGER,
    revision INTEGER,
    kind VARCHAR(40) NOT NULL,
    content TEXT NOT NULL,
    model VARCHAR(200) NOT NULL,
    prompt TEXT NOT NULL,
    prompt_sha256 VARCHAR(64) NOT NULL,
    state VARCHAR(12) NOT NULL,
    decided_by INTEGER,
    decided DATETIME,
    taken TEXT,
    job_id INTEGER,
    at DATETIME NOT NULL,
    CONSTRAINT pk_proposal PRIMARY KEY (id),
    CONSTRAINT fk_proposal_project_id FOREIGN KEY(project_id) REFERENCES project (id),
    CONSTRAINT fk_proposal_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_proposal_decided_by FOREIGN KEY(decided_by) REFERENCES person (id),
    CONSTRAINT fk_proposal_job_id FOREIGN KEY(job_id) REFERENCES job (id)
);
INSERT INTO "proposal" VALUES(1,1,1,1,'thinking','{"thinking":"First the drum."}','text/m','p','148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940','open',NULL,NULL,NULL,NULL,'2026-11-01 12:00:00.000000');
CREATE TABLE recording (
    id INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    source VARCHAR(300) NOT NULL,
    title VARCHAR(300) NOT NULL,
    url TEXT NOT NULL,
    path VARCHAR(300) NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    media_type VARCHAR(60) NOT NULL,
    size INTEGER NOT NULL,
    duration DOUBLE NOT NULL,
    rate INTEGER NOT NULL,
    channels INTEGER NOT NULL,
    waveform VARCHAR(300),
    licence VARCHAR(200) NOT NULL,
    person_id INTEGER,
    at DATETIME NOT NULL,
    CONSTRAINT pk_recording PRIMARY KEY (id),
    CONSTRAINT fk_recording_project_id FOREIGN KEY(project_id) REFERENCES project (id),
    CONSTRAINT fk_recording_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE TABLE release (
    id INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    version VARCHAR(40) NOT NULL,
    day VARCHAR(10) NOT NULL,
    digest VARCHAR(64) NOT NULL,
    items TEXT NOT NULL,
    path VARCHAR(300) NOT NULL,
    clips TEXT NOT NULL,
    facts TEXT NOT NULL,
    person_id INTEGER,
    at DATETIME NOT NULL,
    CONSTRAINT pk_release PRIMARY KEY (id),
    CONSTRAINT fk_release_project_id FOREIGN KEY(project_id) REFERENCES project (id),
    CONSTRAINT fk_release_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE TABLE revision (
    id INTEGER NOT NULL,
    item_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    content TEXT NOT NULL,
    author_id INTEGER NOT NULL,
    at DATETIME NOT NULL,
    kind VARCHAR(12) NOT NULL,
    why TEXT NOT NULL,
    CONSTRAINT pk_revision PRIMARY KEY (id),
    CONSTRAINT fk_revision_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_revision_author_id FOREIGN KEY(author_id) REFERENCES person (id)
);
INSERT INTO "revision" VALUES(1,1,1,'{"question":"Which comes first?","choices":["a bell","a drum"],"answer":1,"modality":"sound","category":"Signal Layer","sub_category":"Anomaly Detection","url":"https://youtu.be/qx8hrhBZJ98","timestamp":"0:01,0:03","thinking":"The drum.","cues":[{"text":"drum","start":null,"end":null}]}',1,'2026-11-01 12:00:00.000000','edit','');
CREATE TABLE takedown (
    id INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    what VARCHAR(300) NOT NULL,
    why TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_takedown PRIMARY KEY (id),
    CONSTRAINT fk_takedown_project_id FOREIGN KEY(project_id) REFERENCES project (id),
    CONSTRAINT fk_takedown_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
INSERT INTO "takedown" VALUES(1,1,'https://youtu.be/aaaaaaaaaaa','asked',1,'2026-11-01 12:00:00.000000');
CREATE TABLE taxonomy_version (
    id INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    tree TEXT NOT NULL,
    why TEXT NOT NULL,
    author_id INTEGER NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_taxonomy_version PRIMARY KEY (id),
    CONSTRAINT fk_taxonomy_version_project_id FOREIGN KEY(project_id) REFERENCES project (id),
    CONSTRAINT fk_taxonomy_version_author_id FOREIGN KEY(author_id) REFERENCES person (id)
);
INSERT INTO "taxonomy_version" VALUES(1,1,1,'{"layers":[{"name":"Signal Layer","subs":["Acoustic Quality Analysis","Anomaly Detection","Audio Difference Analysis"],"about":"The waveform itself: quality, faults, differences."},{"name":"Perception Layer","subs":["Correlation Analysis","Counting and Statistics","Environmental Perception and Reasoning","Music Theory","Spatial Analysis","Temporal Analysis"],"about":"What is heard: sources, space, order, number, pitch."},{"name":"Semantic Layer","subs":["Content Analysis","Emotion and Intention","Speaker Analysis"],"about":"What it means: content, feeling, who speaks."},{"name":"Cultural Layer","subs":["Aesthetic Evaluation","Culture of Speaker","Imagination","Professional Knowledge and Reasoning"],"about":"What one must know of the world to understand it."}]}','MMAR''s layers as the template',1,'2026-11-01 12:00:00.000000');
CREATE TABLE verdict (
    id INTEGER NOT NULL,
    item_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    approved BOOLEAN NOT NULL,
    standing BOOLEAN NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_verdict PRIMARY KEY (id),
    CONSTRAINT fk_verdict_item_id FOREIGN KEY(item_id) REFERENCES item (id),
    CONSTRAINT fk_verdict_person_id FOREIGN KEY(person_id) REFERENCES person (id)
);
INSERT INTO "verdict" VALUES(1,1,1,2,0,1,'2026-11-01 12:00:00.000000');
CREATE INDEX ix_login_attempt_at ON login_attempt (at);
CREATE INDEX ix_login_attempt_key_at ON login_attempt ("key", at);
CREATE INDEX ix_login_session_person_id ON login_session (person_id);
CREATE INDEX ix_api_token_person_id ON api_token (person_id);
CREATE INDEX ix_audit_log_project_id ON audit_log (project_id);
CREATE INDEX ix_audit_log_at ON audit_log (at);
CREATE TRIGGER audit_log_no_update BEFORE update ON audit_log BEGIN SELECT RAISE(ABORT, 'rows of audit_log are only ever added'); END;
CREATE TRIGGER audit_log_no_delete BEFORE delete ON audit_log BEGIN SELECT RAISE(ABORT, 'rows of audit_log are only ever added'); END;
CREATE INDEX ix_membership_person_id ON membership (person_id);
CREATE INDEX ix_idea_project_id ON idea (project_id);
CREATE UNIQUE INDEX uq_taxonomy_version_project_number ON taxonomy_version (project_id, number);
CREATE TRIGGER taxonomy_version_no_update BEFORE update ON taxonomy_version BEGIN SELECT RAISE(ABORT, 'rows of taxonomy_version are only ever added'); END;
CREATE TRIGGER taxonomy_version_no_delete BEFORE delete ON taxonomy_version BEGIN SELECT RAISE(ABORT, 'rows of taxonomy_version are only ever added'); END;
CREATE INDEX ix_recording_sha256 ON recording (sha256);
CREATE UNIQUE INDEX uq_recording_project_source ON recording (project_id, source);
CREATE UNIQUE INDEX uq_release_project_version ON release (project_id, version);
CREATE INDEX ix_takedown_project_id ON takedown (project_id);
CREATE UNIQUE INDEX uq_clip_project_key ON clip (project_id, "key");
CREATE INDEX ix_item_clip_key ON item (clip_key);
CREATE UNIQUE INDEX uq_item_project_public ON item (project_id, public_id);
CREATE INDEX ix_item_project_state ON item (project_id, state, changed, id);
CREATE INDEX ix_item_inspector_id ON item (inspector_id);
CREATE INDEX ix_item_author_id ON item (author_id);
CREATE INDEX ix_item_idea_id ON item (idea_id);
CREATE INDEX ix_job_item_id ON job (item_id);
CREATE INDEX ix_job_key ON job ("key");
CREATE INDEX ix_job_state_id ON job (state, id);
CREATE INDEX ix_job_project_id ON job (project_id);
CREATE UNIQUE INDEX uq_revision_item_number ON revision (item_id, number);
CREATE TRIGGER revision_no_update BEFORE update ON revision BEGIN SELECT RAISE(ABORT, 'rows of revision are only ever added'); END;
CREATE TRIGGER revision_no_delete BEFORE delete ON revision BEGIN SELECT RAISE(ABORT, 'rows of revision are only ever added'); END;
CREATE INDEX ix_event_item ON event (item_id, id);
CREATE TRIGGER event_no_update BEFORE update ON event BEGIN SELECT RAISE(ABORT, 'rows of event are only ever added'); END;
CREATE TRIGGER event_no_delete BEFORE delete ON event BEGIN SELECT RAISE(ABORT, 'rows of event are only ever added'); END;
CREATE UNIQUE INDEX uq_blind_answer_item_revision_person ON blind_answer (item_id, revision, person_id);
CREATE TRIGGER blind_answer_no_update BEFORE update ON blind_answer BEGIN SELECT RAISE(ABORT, 'rows of blind_answer are only ever added'); END;
CREATE TRIGGER blind_answer_no_delete BEFORE delete ON blind_answer BEGIN SELECT RAISE(ABORT, 'rows of blind_answer are only ever added'); END;
CREATE UNIQUE INDEX uq_verdict_item_revision_person ON verdict (item_id, revision, person_id);
CREATE INDEX ix_proposal_project_state ON proposal (project_id, state, id);
CREATE INDEX ix_proposal_item_id ON proposal (item_id);
COMMIT;
