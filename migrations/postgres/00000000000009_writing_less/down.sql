DROP INDEX webhook_events_entity;
CREATE INDEX webhook_events_entity ON webhook_events (entity_key, kind, account_id, id);

DO $$ DECLARE t text; BEGIN
    FOREACH t IN ARRAY ARRAY['booking_items', 'booking_taxes', 'booking_history'] LOOP
        IF EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = t::regclass AND tgname = t || '_insert') THEN
            EXECUTE format('DROP TRIGGER %I ON %I', t || '_insert', t);
            EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT '
                'EXECUTE FUNCTION %I()', t || '_insert', t, 'uncount_new_' || t);
        END IF;
    END LOOP;
END $$;

DO $$ BEGIN
    EXECUTE 'ALTER TABLE webhook_bodies ALTER COLUMN body SET COMPRESSION default, ALTER COLUMN headers SET COMPRESSION default';
EXCEPTION WHEN syntax_error THEN NULL;
END $$;
