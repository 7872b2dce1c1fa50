-- Least-privilege roles for a Veritem ledger on PostgreSQL.
--
-- Run as the owner of the ledger's tables (or a superuser) in the ledger's database, after
-- `veritem init` has migrated it and again after each migration; running it twice is harmless.
--
--     psql --dbname=postgresql://owner@host/veritem --file=ops/postgres/roles.sql
--
-- The roles can not log in. Give each service a login of its own that is a member of one role:
--
--     CREATE ROLE resolver_1 LOGIN PASSWORD '…' IN ROLE veritem_resolver;
--
-- A resolver with the direct journal (without a recorder) also writes scans and opens alerts: give
-- its login both roles, IN ROLE veritem_resolver, veritem_recorder. A desk on which the issuer's staff
-- issues batches: IN ROLE veritem_desk, veritem_issuer.
--
-- | role     | reads                        | writes                                       |
-- |----------|------------------------------|----------------------------------------------|
-- | resolver | what a scan needs            | PIN attempts, reports; of transitions, only  |
-- |          |                              | `claim`                                      |
-- | recorder | what an alert needs, devices | scans, alerts; audit (refused scans)         |
-- | issuer   | all but scans and reports    | orders, batches, registry; transitions       |
-- |          |                              | `print`, `void`                              |
-- | desk     | everything                   | registry, orders, lots, decisions, tokens,   |
-- |          |                              | devices; all transitions but `claim`         |
-- | auditor  | everything                   | nothing                                      |
--
-- Only the owner may UPDATE, DELETE or TRUNCATE history (transitions, audit, scans, alert events,
-- reports), and triggers refuse it to the owner too. Row-level security decides which transitions
-- and spans a role may write, so a stolen resolver password can not activate, release or recall.

DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['resolver', 'recorder', 'issuer', 'desk', 'auditor'] LOOP
        role := 'veritem_' || role;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        END IF;
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM %I', current_schema, role);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema, role);
    END LOOP;
END $$;

REVOKE EXECUTE ON FUNCTION veritem_scan_day(integer) FROM PUBLIC, veritem_resolver;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- Reading.
GRANT SELECT ON organisations, products, places, batches, lots, transitions, spans, scans,
    pin_attempts, chain_heads, reports, decisions, alembic_version TO veritem_resolver;
-- Of a lot's versions the public page shows when, why and what was corrected, not by whom.
GRANT SELECT (lot, version, at, reason, changed, is_correction) ON lot_versions TO veritem_resolver;
-- Of the audit log the resolver sees which lot was saved, not what anybody decided.
GRANT SELECT (seq, subject) ON audit TO veritem_resolver;
GRANT SELECT ON batches, lots, transitions, spans, scans, scan_counts, alerts, alert_events,
    alert_scans, alert_stamps, decisions, chain_heads, alembic_version TO veritem_recorder;
-- Of PIN attempts the recorder sees who knew the PIN of a claimed stamp, and reports it.
GRANT SELECT (batch, idx, others, last_other_at, reported), UPDATE (reported) ON pin_attempts
    TO veritem_recorder;
GRANT SELECT ON batch_days, product_days TO veritem_resolver;
-- Of devices not the hash of the enrolment code.
GRANT SELECT (id, account, kind, label, code_expires_at, added_at, public_key, enrolled_at,
    revoked_at) ON devices TO veritem_resolver, veritem_recorder;
GRANT SELECT ON organisations, products, places, orders, batches, lots, transitions, spans, audit,
    chain_heads, alembic_version TO veritem_issuer;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO veritem_desk, veritem_auditor;

-- Writing evidence. A recorder checks signed scans before it writes them, so a resolver, which faces
-- the internet, writes none itself.
GRANT EXECUTE ON FUNCTION veritem_scan_day(integer) TO veritem_recorder;
GRANT INSERT ON scans TO veritem_recorder;
GRANT SELECT, INSERT, UPDATE ON scan_counts, batch_days TO veritem_recorder;
-- Product days: recorders of scans count scans, the desk counts activations.
GRANT SELECT, INSERT, UPDATE (scanned) ON product_days TO veritem_recorder;
GRANT INSERT, UPDATE (activated) ON product_days TO veritem_desk;
GRANT INSERT ON reports TO veritem_resolver;
GRANT INSERT, UPDATE ON pin_attempts TO veritem_resolver;
GRANT INSERT, UPDATE ON alerts TO veritem_recorder;
GRANT INSERT ON alert_events, alert_scans, alert_stamps TO veritem_recorder;

-- Writing decisions.
GRANT INSERT, UPDATE ON organisations, products, places, orders TO veritem_issuer, veritem_desk;
GRANT INSERT, UPDATE ON batches TO veritem_issuer;
GRANT INSERT, UPDATE ON lots TO veritem_desk;
GRANT INSERT ON lot_versions TO veritem_desk;
GRANT UPDATE ON alerts TO veritem_desk;
GRANT INSERT, UPDATE ON decisions TO veritem_desk;
GRANT INSERT ON alert_events TO veritem_desk;
GRANT INSERT ON audit TO veritem_issuer, veritem_desk, veritem_recorder;

-- Staff: the desk signs people in, changes their passwords and creates tokens. Only the owner
-- (`veritem staff`) creates accounts and changes roles.
GRANT UPDATE (password_hash) ON staff TO veritem_desk;
GRANT UPDATE ON staff_sign_in TO veritem_desk;
GRANT INSERT, UPDATE ON staff_tokens TO veritem_desk;
-- Proposals: what was proposed never changes, and a trigger asks for two accounts.
GRANT INSERT, UPDATE (state, decided_by, decided_at, decided_system_user, used_at) ON proposals
    TO veritem_desk;
GRANT SELECT, UPDATE (used_at) ON proposals TO veritem_issuer;
-- Devices: account, kind and label never change.
GRANT INSERT, UPDATE (public_key, enrolled_at, revoked_at) ON devices TO veritem_desk;

-- Transitions and the spans that follow from them.
GRANT INSERT ON transitions TO veritem_resolver, veritem_issuer, veritem_desk;
GRANT INSERT, DELETE ON spans TO veritem_resolver, veritem_issuer, veritem_desk;
GRANT INSERT, UPDATE ON chain_heads
    TO veritem_resolver, veritem_recorder, veritem_issuer, veritem_desk;

ALTER TABLE transitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE spans ENABLE ROW LEVEL SECURITY;
ALTER TABLE chain_heads ENABLE ROW LEVEL SECURITY;

DO $$
DECLARE
    old record;
BEGIN
    FOR old IN SELECT policyname, tablename FROM pg_policies WHERE policyname LIKE 'veritem_%' LOOP
        EXECUTE format('DROP POLICY %I ON %I', old.policyname, old.tablename);
    END LOOP;
END $$;

CREATE POLICY veritem_read ON transitions FOR SELECT TO PUBLIC USING (true);
CREATE POLICY veritem_claim ON transitions FOR INSERT TO veritem_resolver
    WITH CHECK (transition = 'claim' AND hi = lo + 1 AND lot IS NULL);
CREATE POLICY veritem_print ON transitions FOR INSERT TO veritem_issuer
    WITH CHECK (transition IN ('print', 'void'));
CREATE POLICY veritem_lifecycle ON transitions FOR INSERT TO veritem_desk
    WITH CHECK (transition IN ('print', 'activate', 'void', 'suspend', 'release', 'recall'));

CREATE POLICY veritem_read ON spans FOR SELECT TO PUBLIC USING (true);
CREATE POLICY veritem_claim ON spans FOR ALL TO veritem_resolver
    USING (state IN ('activated', 'claimed')) WITH CHECK (state IN ('activated', 'claimed'));
CREATE POLICY veritem_print ON spans FOR ALL TO veritem_issuer
    USING (state IN ('issued', 'printed', 'void'))
    WITH CHECK (state IN ('issued', 'printed', 'void'));
CREATE POLICY veritem_lifecycle ON spans FOR ALL TO veritem_desk USING (true) WITH CHECK (true);

CREATE POLICY veritem_read ON chain_heads FOR SELECT TO PUBLIC USING (true);
CREATE POLICY veritem_transitions ON chain_heads FOR ALL TO veritem_resolver
    USING (name = 'transitions') WITH CHECK (name = 'transitions');
CREATE POLICY veritem_audit ON chain_heads FOR ALL TO veritem_recorder
    USING (name = 'audit') WITH CHECK (name = 'audit');
CREATE POLICY veritem_all ON chain_heads FOR ALL TO veritem_issuer, veritem_desk
    USING (true) WITH CHECK (true);
