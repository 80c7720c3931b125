"""Alembic's entry: run the migrations on the connection that `gateway.storage.schema` hands over."""

from __future__ import annotations

from alembic import context

import gateway.storage.assessment_tables
import gateway.storage.channel_tables
import gateway.storage.ground_tables
import gateway.storage.offer_tables
import gateway.storage.outbox_tables
import gateway.storage.referral_tables
import gateway.storage.signin_tables  # noqa: F401  the same
from audit.tables import audit_metadata, is_common
from gateway.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[metadata, audit_metadata],
    render_as_batch=True,
    include_object=is_common,
)
with context.begin_transaction():
    context.run_migrations()
