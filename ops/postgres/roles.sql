-- Least-privilege roles for a Veritem ledger on PostgreSQL.
--
-- Run as the owner of the ledger's tables (or a superuser) in the ledger's database, after
-- `veritem init` has migrated it and again after each migration; running it twice is harmless.
--
--     psql --dbname=postgresql://owner@host/veritem --file=ops/postgres/roles.sql
--
-- The roles cannot log in. Give each service a login of its own that is a member of one role, and
-- a limit, so that a stolen login cannot take all connections:
--
--     CREATE ROLE resolver_1 LOGIN PASSWORD '…' CONNECTION LIMIT 40 IN ROLE veritem_resolver;
--
-- | role     | reads                        | writes                                       |
-- |----------|------------------------------|----------------------------------------------|
-- | resolver | what a scan needs            | reports with contacts; it reads none         |
-- | recorder | what an alert needs, devices | scans and their counts, alerts; audit        |
-- |          |                              | (refused scans)                              |
-- | claims   | what a claim needs           | PIN attempts; the transition `claim` of one  |
-- |          |                              | stamp, and the span of that stamp            |
-- | issuer   | all but scans, reports and   | orders as requested, batches of approved     |
-- |          | secrets                      | orders; transitions `print`, `void`          |
-- | desk     | everything                   | registry, orders and their decisions, lots,  |
-- |          |                              | decisions, alerts about registered codes,    |
-- |          |                              | tokens, devices, drafts of forms;            |
-- |          |                              | all transitions but `claim`                  |
-- | notices  | what events and digests      | messages to webhooks, mails to people, what  |
-- |          | tell, webhooks, addresses    | became of them; audit (webhooks that it      |
-- |          |                              | disables, heads that are not pushed)         |
-- | auditor  | everything but secrets       | nothing                                      |
--
-- Two services may share a process. A resolver with the direct journal (without a recorder) also
-- writes scans and opens alerts: IN ROLE veritem_resolver, veritem_recorder. Who steals such a
-- process can invent scans and hold the lock of the writers; where the resolver faces the internet,
-- use the stream and a recorder. A desk on which the issuer's staff issues batches: IN ROLE
-- veritem_desk, veritem_issuer. A member of veritem_claims is in no role that changes spans.
--
-- Only the owner may UPDATE, DELETE or TRUNCATE history (transitions, audit, scans, alert events,
-- reports), and triggers refuse it to the owner too. Triggers (ledger/migrations/guards.py) keep
-- spans apart, chains without gaps, their heads at the last row, and orders decided by another person
-- than requested them. Row-level security decides which transitions and spans a role may write. Only
-- a role that may write chain_heads can take the lock of the writers, so a stolen resolver's login
-- can neither activate, release or recall, nor keep anybody from a recall.

DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY
        ARRAY['resolver', 'recorder', 'claims', 'issuer', 'desk', 'notices', 'auditor']
    LOOP
        role := 'veritem_' || role;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        END IF;
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM %I', current_schema, role);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema, role);
    END LOOP;
END $$;

-- No role creates objects of the schema; days of scans are created by a function.
REVOKE EXECUTE ON FUNCTION veritem_scan_day(integer) FROM PUBLIC, veritem_resolver;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- Reading.
GRANT SELECT ON organisations, products, places, batches, lots, spans, scans, chain_heads,
    decisions, batch_days, product_days, generations, alembic_version TO veritem_resolver;
-- Of a lot's versions the public page shows when, why and what was corrected, not by whom.
GRANT SELECT (lot, version, at, reason, changed, is_correction) ON lot_versions TO veritem_resolver;
-- Of reviews the public page shows what was published, when, and which organisations vouch for it.
GRANT SELECT ON lot_publications TO veritem_resolver;
GRANT SELECT (id, lot, version, record, sha256, state, submitted_at) ON lot_submissions TO veritem_resolver;
-- Of the events that published records quote it shows when they were declared errors, not by whom.
GRANT SELECT ON quoted_events TO veritem_resolver;
GRANT SELECT (organisation, event, recorded_at, document) ON epcis_errors TO veritem_resolver;
-- Of link sets the public resolver needs no editor.
GRANT SELECT ON link_hosts TO veritem_resolver;
GRANT SELECT (id, anchor, organisation, description, links) ON link_sets TO veritem_resolver;
-- Of registered codes the public page shows no household that did not agree.
GRANT SELECT (code, kind, public_name, province, is_household, public_household) ON registered_codes
    TO veritem_resolver;
-- Of evidence the public page shows what kind it is, of which days and from which source, once released.
GRANT SELECT (id, code, at, kind, shows_from, shows_until, is_public) ON code_evidence TO veritem_resolver;
GRANT SELECT (evidence, source) ON evidence_texts TO veritem_resolver;
GRANT SELECT (evidence, act) ON evidence_acts TO veritem_resolver;
-- Of transitions the resolver sees which batch changed and when a stamp was claimed, of the audit
-- log which lot or device was saved, of PIN attempts how many others know a PIN: not who. The hashes
-- show at its start whether signed rows are still there (docs/heads.md).
GRANT SELECT (seq, batch, key, at, hash) ON transitions TO veritem_resolver;
GRANT SELECT (seq, subject, hash) ON audit TO veritem_resolver;
GRANT SELECT (batch, idx, others) ON pin_attempts TO veritem_resolver;
GRANT SELECT ON batches, batch_parties, lots, transitions, spans, scans, scan_counts, alerts,
    alert_events, alert_scans, alert_stamps, decisions, chain_heads, generations, alembic_version
    TO veritem_recorder;
-- Of the audit log the recorder sees where it ends.
GRANT SELECT (seq, hash) ON audit TO veritem_recorder;
-- Of PIN attempts the recorder sees how many knew the PIN of a claimed stamp, and reports it.
GRANT SELECT (batch, idx, others, last_other_at, reported), UPDATE (reported) ON pin_attempts
    TO veritem_recorder;
-- Of consumers' reports the recorder sees what those of a stamp weigh: no words, no pseudonyms.
GRANT SELECT (batch, idx, nats) ON report_evidence TO veritem_recorder;
-- Of devices not the hash of the enrolment code.
GRANT SELECT (id, account, kind, label, code_expires_at, added_at, public_key, enrolled_at,
    revoked_at) ON devices TO veritem_resolver, veritem_recorder;
GRANT SELECT ON organisations, products, places, orders, order_numbers, order_quotas, batches,
    batch_parties, lots, transitions, spans, audit, chain_heads, generations, alembic_version
    TO veritem_issuer;
-- Of registered codes the issuer sees what a crop is estimated from, and no household.
GRANT SELECT (code, kind, organisation, products, hectares, yield_t_per_ha, status, valid_from,
    valid_until) ON registered_codes TO veritem_issuer;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO veritem_desk, veritem_auditor;

-- The auditor sees no secret: of these tables all columns but the named ones. To prove that no row
-- was edited it asks for digests of whole rows, over the canonical JSON of ledger/chains/hash_chain.py.
CREATE OR REPLACE FUNCTION veritem_row_digests(wanted text)
RETURNS TABLE (id text, sha256 text) LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    cells text;
BEGIN
    IF wanted NOT IN ('staff', 'staff_tokens', 'devices') THEN
        RAISE EXCEPTION 'no digests of % are given', wanted;
    END IF;
    SELECT string_agg(
        format(
            CASE atttypid WHEN 'bytea'::regtype THEN '%L || to_json(encode(%I, ''hex''))'
                ELSE '%L || to_json(%I)' END,
            to_json(attname) || ':', attname
        ), ', ' ORDER BY attname COLLATE "C"
    ) INTO cells
    FROM pg_attribute
    WHERE attrelid = wanted::regclass AND attnum > 0 AND NOT attisdropped;
    -- Empty cells are left out: NULL || text is NULL, and concat_ws skips it.
    RETURN QUERY EXECUTE format(
        'SELECT id, encode(sha256(convert_to(''{'' || concat_ws('','', %s) || ''}'', ''UTF8'')), ''hex'')'
        ' FROM %I',
        cells, wanted
    );
END $$;
REVOKE EXECUTE ON FUNCTION veritem_row_digests(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION veritem_row_digests(text) TO veritem_auditor;
DO $$
DECLARE
    shown record;
BEGIN
    EXECUTE format(
        'ALTER FUNCTION veritem_row_digests(text) SET search_path = %I, pg_temp', current_schema
    );
    FOR shown IN
        SELECT hidden.table_name, (
            SELECT string_agg(quote_ident(attname), ', ')
            FROM pg_attribute
            WHERE attrelid = hidden.table_name::regclass AND attnum > 0 AND NOT attisdropped
                AND attname <> ALL (hidden.columns)
        ) AS columns
        FROM (
            VALUES
                ('staff', ARRAY['password_hash', 'otp_secret']),
                ('staff_tokens', ARRAY['sha256']),
                ('recovery_codes', ARRAY['sha256']),
                ('staff_invitations', ARRAY['sha256']),
                ('actor_invitations', ARRAY['sha256', 'secret', 'phone']),
                ('devices', ARRAY['code_sha256']),
                ('form_drafts', ARRAY['content']),
                ('lot_drafts', ARRAY['fields']),
                ('report_contacts', ARRAY['contact']),
                ('webhooks', ARRAY['secret', 'former_secret']),
                ('mail_requests', ARRAY['sha256']),
                ('mails', ARRAY['content']),
                ('report_photos', ARRAY['picture']),
                ('field_phones', ARRAY['secret_sha256'])
        ) AS hidden (table_name, columns)
    LOOP
        EXECUTE format('REVOKE SELECT ON %I FROM veritem_auditor', shown.table_name);
        EXECUTE format(
            'GRANT SELECT (%s) ON %I TO veritem_auditor', shown.columns, shown.table_name
        );
    END LOOP;
END $$;

-- Writing evidence. A recorder checks signed scans before it writes them, so a resolver, which faces
-- the internet, writes none itself.
GRANT EXECUTE ON FUNCTION veritem_scan_day(integer) TO veritem_recorder;
GRANT INSERT ON scans TO veritem_recorder;
GRANT SELECT, INSERT, UPDATE ON scan_counts, batch_days TO veritem_recorder;
-- Figures: recorders count scans, the desk everything else; row-level security keeps them apart.
GRANT SELECT, INSERT, UPDATE (total) ON figure_facts TO veritem_recorder, veritem_desk;
GRANT INSERT, UPDATE ON figure_sources, batch_stocks TO veritem_desk;
GRANT INSERT ON figure_reports TO veritem_desk;
-- What the public service tells of figures is a snapshot, without the counts that it is made of.
GRANT INSERT ON public_figures TO veritem_desk;
GRANT SELECT ON public_figures TO veritem_resolver;
-- Product days: recorders of scans count scans, the desk counts activations.
GRANT SELECT, INSERT, UPDATE (scanned) ON product_days TO veritem_recorder;
GRANT INSERT, UPDATE (activated) ON product_days TO veritem_desk;
GRANT INSERT ON reports, report_contacts, report_arrivals TO veritem_resolver;
GRANT INSERT, UPDATE ON alerts TO veritem_recorder;
GRANT INSERT ON alert_events, alert_levels, alert_scans, alert_stamps TO veritem_recorder;
GRANT SELECT ON alert_levels TO veritem_recorder;

-- Writing decisions. The issuer cannot decide on an order: a new one is undecided, and of its state
-- the triggers let it change only `approved` to `fulfilled`.
GRANT INSERT, UPDATE ON organisations, products, places TO veritem_desk;
GRANT INSERT, UPDATE ON registered_codes, code_rules TO veritem_desk;
-- Evidence never changes. Its texts are erased with its file, by law.
GRANT INSERT ON code_evidence, evidence_acts TO veritem_desk;
GRANT INSERT, DELETE ON evidence_texts, evidence_waiting TO veritem_desk;
GRANT INSERT, DELETE ON gs1_prefixes, link_hosts TO veritem_desk;
GRANT INSERT, DELETE, UPDATE (organisation, version, description, links, saved_by, saved_at) ON link_sets
    TO veritem_desk;
GRANT INSERT, DELETE ON lot_codes TO veritem_desk;
GRANT INSERT, UPDATE, DELETE ON code_imports, diary_imports, invitation_imports, lot_imports TO veritem_desk;
GRANT INSERT, UPDATE (state) ON orders TO veritem_issuer;
GRANT INSERT, UPDATE (state, decided_by, decided_at, decision_reason) ON orders TO veritem_desk;
GRANT INSERT, UPDATE (stamps, set_by, set_at) ON order_quotas TO veritem_desk;
GRANT INSERT, UPDATE (manifest) ON batches TO veritem_issuer;
-- What lists are searched and filtered by, written with the row that it is about.
GRANT INSERT ON order_numbers TO veritem_issuer, veritem_desk;
GRANT INSERT ON batch_parties TO veritem_issuer;
GRANT SELECT, INSERT, DELETE ON search_words TO veritem_issuer, veritem_desk;
GRANT INSERT, UPDATE ON lots TO veritem_desk;
GRANT INSERT ON lot_versions TO veritem_desk;
-- Reviews of lots: what was submitted never changes, and a trigger asks for as many reviewers as it names.
GRANT INSERT, UPDATE (state, updated_at) ON lot_submissions TO veritem_desk;
GRANT INSERT ON lot_review_steps, lot_publications, quoted_events TO veritem_desk;
GRANT INSERT, UPDATE (reviewers, set_by, set_at) ON review_rules TO veritem_desk;
GRANT INSERT, UPDATE (ended_by, ended_at, end_reason) ON product_list_entries TO veritem_desk;
-- The watch over the registry runs in the desk and opens alerts about codes.
GRANT INSERT, UPDATE ON alerts TO veritem_desk;
GRANT INSERT, UPDATE, DELETE ON code_activity TO veritem_desk;
GRANT INSERT, UPDATE ON watched_codes, watch_positions TO veritem_desk;
GRANT INSERT, UPDATE ON decisions TO veritem_desk;
GRANT INSERT ON alert_events, alert_levels, alert_minutes, alert_photos TO veritem_desk;
GRANT INSERT, UPDATE (seen_at, state, done, total, result) ON detection_reviews TO veritem_desk;
GRANT INSERT, UPDATE (state, updated_at, due_at) ON hearings TO veritem_desk;
GRANT INSERT ON hearing_messages, hearing_photos TO veritem_desk;
GRANT INSERT ON epcis_events, epcis_errors, epcis_keys, mention_answers, diary_entries TO veritem_desk;
GRANT INSERT, UPDATE (state) ON mentions TO veritem_desk;
GRANT INSERT, UPDATE (pallet, stamps, cartons, changed_at, changed_by) ON cartons TO veritem_desk;
GRANT INSERT ON carton_acts, carton_items TO veritem_desk;
GRANT INSERT, DELETE ON carton_contents TO veritem_desk;
GRANT INSERT, UPDATE, DELETE ON epcis_captures TO veritem_desk;
GRANT INSERT, DELETE ON epcis_queries TO veritem_desk;
GRANT INSERT, DELETE ON epcis_staged_events, epcis_staged_keys, epcis_staged_errors TO veritem_desk;
GRANT INSERT ON audit TO veritem_issuer, veritem_desk, veritem_recorder, veritem_notices;

-- Staff: the desk signs people in, changes their passwords, seals their secrets of one-time codes,
-- creates tokens and invites people. A trigger lets it add no account but one that waits for its
-- confirmation, or one of the trade whose invitation was accepted. A role changes, and a disabled
-- account is enabled, by a proposal that a second account approved: a trigger asks for it.
GRANT UPDATE (name, password_hash, otp_secret, role, organisation, added_by, confirmed_by, disabled,
    disabled_at, erased_at) ON staff
    TO veritem_desk;
GRANT INSERT ON staff TO veritem_desk;
GRANT INSERT, UPDATE ON staff_sign_in TO veritem_desk;
GRANT INSERT, UPDATE (expires_at, used_at) ON staff_invitations TO veritem_desk;
-- Invitations of actors of the trade: what was offered never changes, and what is personal is erased.
GRANT INSERT, UPDATE (state, changed_at, name, secret, phone, phone_end, organisation, account)
    ON actor_invitations TO veritem_desk;
GRANT INSERT, UPDATE ON staff_tokens TO veritem_desk;
GRANT INSERT, DELETE, UPDATE (used_at) ON recovery_codes TO veritem_desk;
GRANT INSERT, UPDATE (used_at) ON token_uses TO veritem_desk;
GRANT INSERT, DELETE, UPDATE (seen_at, ended_at) ON staff_sessions TO veritem_desk;
-- Whether an account may decide is for those who write decisions.
REVOKE EXECUTE ON FUNCTION veritem_is_deciding_account(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION veritem_is_deciding_account(text) TO veritem_issuer, veritem_desk;
-- Proposals: what was proposed never changes, and a trigger asks for two accounts.
GRANT INSERT, UPDATE (state, decided_by, decided_at, decided_system_user, used_at) ON proposals
    TO veritem_desk;
GRANT SELECT, UPDATE (used_at) ON proposals TO veritem_issuer;
-- Devices: account, kind and label never change.
GRANT INSERT, UPDATE (public_key, enrolled_at, revoked_at) ON devices TO veritem_desk;

-- Pseudonyms of old scans and reports, which the desk erases: a trigger lets nothing else change.
GRANT UPDATE (device, net) ON scans, reports TO veritem_desk;
GRANT UPDATE (anonymous) ON batch_days TO veritem_desk;

-- Facts about the quality of data, folded from the chains.
GRANT INSERT, UPDATE (total) ON quality_facts TO veritem_desk;
GRANT INSERT, UPDATE (position) ON quality_sources TO veritem_desk;

-- Exports of own data: what was asked for never changes.
GRANT INSERT, UPDATE (state, busy_until, parts_done, rows_done, finished_at, size, file_sha256)
    ON data_exports TO veritem_desk;

-- Reports: the desk files what arrived, and erases contacts.
GRANT DELETE ON report_arrivals, report_contacts TO veritem_desk;
GRANT UPDATE (contact, sealed_with) ON report_contacts TO veritem_desk;
GRANT INSERT, UPDATE (kind, source, province, state, owner, reports, networks, last_at, closed_at)
    ON report_groups TO veritem_desk;
GRANT INSERT ON report_events TO veritem_desk;
GRANT INSERT, UPDATE (nats, told, at) ON report_evidence TO veritem_desk;
GRANT INSERT, UPDATE (state, picture) ON report_photos TO veritem_desk;

-- Field snapshots follow from the spans; old ones are removed.
GRANT INSERT, DELETE ON field_snapshots TO veritem_desk;
-- Findings of inspectors: what was found never changes. A phone is shut out, and never let in again.
GRANT INSERT, UPDATE (session, seen_at, shut_at, shut_by) ON field_phones TO veritem_desk;
GRANT INSERT, UPDATE (state, handled_by, handled_at, handled_note) ON field_findings TO veritem_desk;
GRANT INSERT ON finding_photos TO veritem_desk;

-- Drafts of forms, which the desk encrypts. Locking the expired ones asks for the right to update.
GRANT INSERT, DELETE, UPDATE (expires_at) ON form_drafts TO veritem_desk;
GRANT INSERT, DELETE, UPDATE (version, name, fields, saved_by, saved_at) ON lot_drafts TO veritem_desk;

-- Webhooks and the messages to them. The desk adds webhooks, and messages where it sends them itself or
-- a person asks for one; where a webhook is sent to never changes. The notice service reads what events
-- tell: no person but in the audit log, no scan.
GRANT INSERT, UPDATE (label, events, secret, former_secret, former_until, state, failures, failing_since,
    busy_until) ON webhooks TO veritem_desk;
GRANT INSERT, DELETE, UPDATE (state, due_at, expires_at, attempts, tried_at, status, failure, answer)
    ON notices TO veritem_desk, veritem_notices;
GRANT UPDATE (resent_key) ON notices TO veritem_desk;
GRANT INSERT, UPDATE (position) ON notice_sources TO veritem_desk;
GRANT SELECT, UPDATE (position) ON notice_sources TO veritem_notices;
GRANT SELECT, UPDATE (state, failures, failing_since, busy_until) ON webhooks TO veritem_notices;
GRANT SELECT (code, organisation) ON registered_codes TO veritem_notices;
GRANT SELECT (id, lot, version, organisation, product, record, sha256, state, submitted_by, submitted_at)
    ON lot_submissions TO veritem_notices;
GRANT SELECT ON notices, organisations, places, orders, order_numbers, batches, batch_parties, lots, transitions,
    alerts, alert_levels, hearings, mentions, lot_codes, audit, chain_heads, generations, alembic_version
    TO veritem_notices;

-- E-mail. The desk changes addresses and what is wanted there; the notice service gathers what happened,
-- counts what waits for people, and sends. Of accounts it sees who they are, and nothing that signs in.
GRANT INSERT, DELETE, UPDATE ON mail_addresses TO veritem_desk;
GRANT INSERT, DELETE ON mail_requests TO veritem_desk;
GRANT INSERT, DELETE, UPDATE (count, items) ON mail_waiting TO veritem_desk, veritem_notices;
GRANT INSERT, DELETE, UPDATE (content, state, due_at, expires_at, busy_until, attempts, tried_at, status,
    failure, answer) ON mails TO veritem_desk, veritem_notices;
GRANT SELECT, UPDATE (state, failure, failed_at, digest_at, rest_until) ON mail_addresses
    TO veritem_notices;
GRANT SELECT ON mail_waiting, mails, spans, report_groups TO veritem_notices;
-- Of proposals and registered codes it sees what is counted, no correction of a lot and no household.
GRANT SELECT (id, kind, subject, state, requested_by, province) ON proposals TO veritem_notices;
GRANT SELECT (code, kind, organisation, status, valid_from, valid_until) ON registered_codes
    TO veritem_notices;
GRANT SELECT (id, name, role, organisation, disabled, added_by, confirmed_by) ON staff
    TO veritem_notices;

-- Transitions, the spans that follow from them, and the heads of the chains. The right to write a
-- head is also the right to the lock of the writers.
GRANT INSERT ON transitions TO veritem_issuer, veritem_desk;
GRANT INSERT, DELETE ON spans TO veritem_issuer, veritem_desk;
GRANT INSERT, UPDATE ON chain_heads TO veritem_recorder, veritem_issuer, veritem_desk,
    veritem_notices;

ALTER TABLE transitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE spans ENABLE ROW LEVEL SECURITY;
ALTER TABLE chain_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE figure_facts ENABLE ROW LEVEL SECURITY;

DO $$
DECLARE
    old record;
BEGIN
    FOR old IN SELECT policyname, tablename FROM pg_policies WHERE policyname LIKE 'veritem_%' LOOP
        EXECUTE format('DROP POLICY %I ON %I', old.policyname, old.tablename);
    END LOOP;
END $$;

CREATE POLICY veritem_read ON transitions FOR SELECT TO PUBLIC USING (true);
CREATE POLICY veritem_print ON transitions FOR INSERT TO veritem_issuer
    WITH CHECK (transition IN ('print', 'void'));
CREATE POLICY veritem_lifecycle ON transitions FOR INSERT TO veritem_desk
    WITH CHECK (transition IN ('print', 'activate', 'void', 'suspend', 'release', 'recall'));

CREATE POLICY veritem_read ON spans FOR SELECT TO PUBLIC USING (true);
CREATE POLICY veritem_print ON spans FOR ALL TO veritem_issuer
    USING (state IN ('issued', 'printed', 'void'))
    WITH CHECK (state IN ('issued', 'printed', 'void'));
CREATE POLICY veritem_lifecycle ON spans FOR ALL TO veritem_desk USING (true) WITH CHECK (true);

CREATE POLICY veritem_read ON chain_heads FOR SELECT TO PUBLIC USING (true);
CREATE POLICY veritem_audit ON chain_heads FOR ALL TO veritem_recorder, veritem_notices
    USING (name = 'audit') WITH CHECK (name = 'audit');
CREATE POLICY veritem_all ON chain_heads FOR ALL TO veritem_issuer, veritem_desk
    USING (true) WITH CHECK (true);

CREATE POLICY veritem_read ON figure_facts FOR SELECT TO PUBLIC USING (true);
CREATE POLICY veritem_scans ON figure_facts FOR ALL TO veritem_recorder
    USING (figure IN ('scans', 'first_scans')) WITH CHECK (figure IN ('scans', 'first_scans'));
CREATE POLICY veritem_figures ON figure_facts FOR ALL TO veritem_desk
    USING (true) WITH CHECK (figure NOT IN ('scans', 'first_scans'));

-- Claims: the service that compares PINs. Its key of the transition names the stamp, so a stamp is
-- claimed once and no key of another request is taken.
GRANT SELECT ON batches, spans, transitions, pin_attempts, chain_heads, generations, alembic_version
    TO veritem_claims;
GRANT SELECT (seq, subject, hash) ON audit TO veritem_claims;
GRANT INSERT, UPDATE (wrong, device, net, other_device, other_net, others, last_other_at)
    ON pin_attempts TO veritem_claims;
GRANT INSERT ON transitions TO veritem_claims;
GRANT INSERT, DELETE ON spans TO veritem_claims;
GRANT INSERT, UPDATE ON chain_heads TO veritem_claims;
CREATE POLICY veritem_claim ON transitions FOR INSERT TO veritem_claims
    WITH CHECK (
        transition = 'claim' AND hi = lo + 1 AND lot IS NULL AND part = 0
        AND key = 'claim:' || batch || ':' || lo
    );
CREATE POLICY veritem_claim ON spans FOR ALL TO veritem_claims
    USING (state IN ('activated', 'claimed')) WITH CHECK (state IN ('activated', 'claimed'));
CREATE POLICY veritem_claim ON chain_heads FOR ALL TO veritem_claims
    USING (name = 'transitions') WITH CHECK (name = 'transitions');

-- A policy sees one row. What a claim may make of a span is checked at its commit: each stamp of a
-- span that was removed is in one like it, or is the stamp of a recorded claim.
CREATE OR REPLACE FUNCTION veritem_only_claims() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_has_role(session_user, 'veritem_claims', 'USAGE')
        OR (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)
    THEN
        RETURN NULL;
    END IF;
    IF OLD.hi - OLD.lo IS DISTINCT FROM (
        SELECT sum(common.hi - common.lo)
        FROM spans now
        CROSS JOIN LATERAL (
            SELECT greatest(now.lo, OLD.lo) AS lo, least(now.hi, OLD.hi) AS hi
        ) common
        WHERE now.batch = OLD.batch AND now.lo < OLD.hi AND now.hi > OLD.lo
            AND (now.lot, now.reason, now.activated_at, now.suspended_from)
                IS NOT DISTINCT FROM (OLD.lot, OLD.reason, OLD.activated_at, OLD.suspended_from)
            AND (
                now.state = OLD.state
                OR now.state = 'claimed' AND common.hi = common.lo + 1 AND EXISTS (
                    SELECT FROM transitions
                    WHERE key = 'claim:' || now.batch || ':' || common.lo AND transition = 'claim'
                )
            )
    ) THEN
        RAISE EXCEPTION 'a claim changes one stamp and nothing else of a span'
            USING ERRCODE = 'VT003';
    END IF;
    RETURN NULL;
END $$;
DO $$
BEGIN
    -- A temporary table of the session must not stand in for one of ours.
    EXECUTE format(
        'ALTER FUNCTION veritem_only_claims() SET search_path = %I, pg_temp', current_schema
    );
END $$;
DROP TRIGGER IF EXISTS spans_only_claims ON spans;
CREATE CONSTRAINT TRIGGER spans_only_claims AFTER DELETE ON spans
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION veritem_only_claims();
