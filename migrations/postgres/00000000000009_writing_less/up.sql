-- A delivery that has just come has no entry in the index by what it is about, where nobody would look for it.
DROP INDEX webhook_events_entity;
CREATE INDEX webhook_events_entity ON webhook_events (entity_key, kind, account_id, id) WHERE entity_key IS NOT NULL;

-- Whoever adds new bookings with all that belongs to them says so once the bookings are listed as uncounted: they need not be
-- listed again for their lines, their taxes and the first steps of their histories. Distributed tables have no triggers.
DO $$ DECLARE t text; BEGIN
    FOREACH t IN ARRAY ARRAY['booking_items', 'booking_taxes', 'booking_history'] LOOP
        IF EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = t::regclass AND tgname = t || '_insert') THEN
            EXECUTE format('DROP TRIGGER %I ON %I', t || '_insert', t);
            EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT '
                'WHEN (current_setting(''checkfront_mirror.are_listed'', true) IS DISTINCT FROM ''yes'') '
                'EXECUTE FUNCTION %I()', t || '_insert', t, 'uncount_new_' || t);
        END IF;
    END LOOP;
END $$;

-- Bodies come in faster than the server's own way of compressing takes them. Older servers have no other, and some are built
-- without it.
DO $$ BEGIN
    EXECUTE 'ALTER TABLE webhook_bodies ALTER COLUMN body SET COMPRESSION lz4, ALTER COLUMN headers SET COMPRESSION lz4';
EXCEPTION WHEN syntax_error OR feature_not_supported THEN NULL;
END $$;
